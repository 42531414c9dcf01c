package servicetitan

import "testing"

// TestPlainText reads HTML as a person does, and keeps what is none, though it stands between < and >.
func TestPlainText(t *testing.T) {
	for markup, want := range map[string]string{
		"":                           "",
		"a <b>bold</b> c":            "a bold c",
		"x<br>y<BR/>z":               "x\ny\nz",
		"<p>one</p>\n<p>two":         "one\ntwo",
		"<td>one</td><td>two</td>":   "one two",
		"a &lt;b&gt; c &amp; d":      "a <b> c & d",
		"<script>x<y>z</script>then": "then",
		"<!-- no --><o:p>yes</o:p>":  "yes",
		"cut <p cla":                 "cut",
		"ask <Ann Lee> at the door":  "ask <Ann Lee> at the door",
		"mail <ann@example.com>":     "mail <ann@example.com>",
		"see <http://example.com/a>": "see <http://example.com/a>",
		"5 < 6 and 7 > 3":            "5 < 6 and 7 > 3",
		"call <bob":                  "call <bob",
		"<3 hours, then <":           "<3 hours, then <",
	} {
		if got := plainText(markup); got != want {
			t.Errorf("%q is %q, want %q", markup, got, want)
		}
	}
}
