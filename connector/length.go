package connector

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
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

// absentWords are how vendors say that a record is not there, in sentences and in codes, such as ENTITY_IS_DELETED.
var absentWords = regexp.MustCompile(`(?i)(is|was|been)[ _](deleted|merged|removed)|(does|do|did)(n't| not)( \w+)? exist|(not|no longer)[ _](be[ _])?(found|there|exists?|available)|invalid[ _]cross[ _]reference`)

// partWords are those of what is no record but a part of one, or of the API.
var partWords = regexp.MustCompile(`(?i)field|column|propert|attribute|parameter|version|endpoint|method`)

// Says fills in what the vendor's words, which may be JSON or a page for people, tell of a refusal: TooLong and Most where it is for the
// length of what was sent, Absent where the record is not there, and Unexplained where they tell nothing of why.
func (e *Error) Says(words string) {
	said := spoken(words)
	e.Absent = absentWords.MatchString(words) && !partWords.MatchString(said)
	e.Most = mostNamed(words)
	e.TooLong = lengthWords.MatchString(words)
	e.Unexplained = !slices.ContainsFunc(manyWord.FindAllString(strings.ToLower(said), -1), func(word string) bool {
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

// mostSaid are the ways in which vendors name how long a text may be.
var mostSaid = []*regexp.Regexp{
	regexp.MustCompile(`(?i)(?:\bmax\w*|\bmost|limit\w*|exceed\w*|\bthan|\bup to|\ballow\w*)[^0-9]{0,40}?([0-9]{1,3}(?:[,.' ][0-9]{3})+|[0-9]+)`),
	regexp.MustCompile(`(?i)([0-9]{1,3}(?:[,.' ][0-9]{3})+|[0-9]+)[ -]?(?:char|byte)`),
}

const (
	// wordsRead bounds how much of a vendor's words is searched for a number, in bytes.
	wordsRead = 4 << 10
	// leastNamed is the least number that is taken for a length in characters: a smaller one is of something else.
	leastNamed = 100
)

// separators are what may stand between the digits of a number.
var separators = strings.NewReplacer(",", "", ".", "", "'", "", " ", "")

// mostNamed is the least number of characters that a vendor's words name as the most that it takes; zero where they name none.
func mostNamed(words string) int {
	words = words[:min(len(words), wordsRead)]
	least := 0
	for _, said := range mostSaid {
		for _, found := range said.FindAllStringSubmatch(words, -1) {
			n, err := strconv.Atoi(separators.Replace(found[1]))
			if err == nil && n >= leastNamed && (least == 0 || n < least) {
				least = n
			}
		}
	}
	return least
}
