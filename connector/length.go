package connector

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// lengthWords are how vendors say that a text is too long, in sentences and in codes, such as STRING_TOO_LONG.
var lengthWords = regexp.MustCompile(`(?i)too[ _-]?(long|large|big|many[ _-]char)|length|maximum|shorter|truncat|` +
	`(^|[^a-z])(over)?size([^a-z]|$)|(^|[^a-z])max([^a-z]|$)|(limit|at most|more than|less than|fewer than|up to|exceed\w*) (of )?(the )?[\d,.]* ?char|` +
	`char(acter)?s?[ _-](limit|or (less|fewer))|limit of \d`)

// emptyWords are those that say nothing of why something is refused.
var emptyWords = strings.Fields(`a an and are as be been by cannot could did do does error errors exception fail failed failure false following for from
	has have http https in incorrect input invalid is it its malformed message more not null occurred of one or our please problem process processed
	provided provider rejected request refused response server status successfully submitted take text that the this to true try unable unacceptable
	unprocessable valid validation was we were went what wrong with you your again accepted bad code content data detail entity html head body title type
	details comment field fields note notes value values something`)

var (
	markup   = regexp.MustCompile(`(?s)<style.*?</style>|<script.*?</script>|<[^>]*>`)
	manyWord = regexp.MustCompile(`[\p{L}\d]+`)
	address  = regexp.MustCompile(`https?://\S+`)
)

// Says notes what the vendor's words, which may be JSON or a page for people, say of a refusal: that it is for the length of what was
// sent, or nothing of why at all.
func (e *Error) Says(words string) {
	e.TooLong = lengthWords.MatchString(words)
	e.Unexplained = !slices.ContainsFunc(manyWord.FindAllString(strings.ToLower(spoken(words)), -1), func(word string) bool {
		return len(word) > 1 && !strings.ContainsAny(word, "0123456789") && !slices.Contains(emptyWords, word)
	})
}

// spoken is what an answer says: of JSON its texts, without the names of its fields that are not in lists of what is wrong.
func spoken(words string) string {
	var value any
	if json.Unmarshal([]byte(words), &value) != nil {
		return markup.ReplaceAllString(words, " ")
	}
	var said []string
	var add func(value any)
	add = func(value any) {
		switch value := value.(type) {
		case string:
			said = append(said, address.ReplaceAllString(value, " "))
		case []any:
			for _, one := range value {
				add(one)
			}
		case map[string]any:
			for _, one := range value {
				add(one)
			}
		}
	}
	add(value)
	return strings.Join(said, " ")
}
