package deck

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxQuoted is how much of what was asked for an error repeats. It is shorter than any card number,
// so that none can slip into a log with it.
const maxQuoted = 11

// Parse finds a card by "visa" (row 000), by "visa:058", or by its full number. When there is no
// such card, the error says which there are.
func Parse(asked string) (Card, error) {
	text := strings.ToLower(strings.TrimSpace(asked))
	if digits := strings.ReplaceAll(text, " ", ""); digits != "" && strings.Trim(digits, "0123456789") == "" {
		return byNumber(digits)
	}
	brand, row, hasRow := strings.Cut(text, ":")
	i, ok := find(brand)
	if !ok {
		return Card{}, fmt.Errorf("deck: no brand %q here%s; there are %s", quoted(brand), didYouMean(brand), names())
	}
	if !hasRow {
		row = "000"
	}
	n, err := strconv.Atoi(row)
	if err != nil || n < 0 || len(row) > 3 {
		return Card{}, fmt.Errorf("deck: %q is not a row: rows are three digits; %s has %s", quoted(row), i.name, i.rowList())
	}
	return i.find(n)
}

func byNumber(digits string) (Card, error) {
	for _, i := range issues() {
		if !strings.HasPrefix(digits, i.prefix+account) || len(digits) != 16 {
			continue
		}
		row, err := strconv.Atoi(digits[12:15])
		if err != nil || number(i.prefix, row) != digits {
			return Card{}, fmt.Errorf("deck: the check digit of this %s number is wrong; name the card as %s:%s instead", i.name, i.name, digits[12:15])
		}
		return i.find(row)
	}
	return Card{}, fmt.Errorf("deck: this number is not in the deck; name a card by brand (%s), or brand and row (visa:051)", names())
}

func (i issue) find(row int) (Card, error) {
	if slices.Contains(rows(i.brand), row) {
		return i.card(row)
	}
	var elsewhere []string
	for _, other := range issues() {
		if slices.Contains(rows(other.brand), row) {
			elsewhere = append(elsewhere, fmt.Sprintf("%s:%03d", other.name, row))
		}
	}
	hint := ""
	if len(elsewhere) > 0 {
		hint = fmt.Sprintf("; did you mean %s?", strings.Join(elsewhere, ", "))
	}
	return Card{}, fmt.Errorf("deck: no row %03d for %s here; %s has %s%s", row, i.name, i.name, i.rowList(), hint)
}

func (i issue) rowList() string {
	var list []string
	for _, row := range rows(i.brand) {
		list = append(list, fmt.Sprintf("%03d", row))
	}
	return strings.Join(list, ", ")
}

func find(brand string) (issue, bool) {
	for _, i := range issues() {
		if i.name == brand {
			return i, true
		}
	}
	return issue{}, false
}

func names() string {
	var list []string
	for _, i := range issues() {
		list = append(list, i.name)
	}
	return strings.Join(list, ", ")
}

// didYouMean finds the brand that the fewest typing mistakes turn into this one; a word that is too
// far from all of them has no likely meaning.
func didYouMean(word string) string {
	if word == "mc" {
		word = "mastercard"
	}
	word = quoted(word)
	best, fewest := "", 4
	for _, i := range issues() {
		if d := distance(word, i.name); d < fewest && d < len(i.name) {
			best, fewest = i.name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %s?", best)
}

// distance counts the letters to add, drop or change (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next := min(diagonal+cost, row[j]+1, row[j+1]+1)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}

func quoted(s string) string {
	if len(s) > maxQuoted {
		return s[:maxQuoted] + "…"
	}
	return s
}
