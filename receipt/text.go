package receipt

import (
	"strings"
	"unicode/utf8"
)

// Columns are the widths of the printers: rolls of 57 mm and of 80 mm.
const (
	Narrow = 32
	Wide   = 42
)

// Text writes the receipt for a printer of so many columns (at least 20): no line is longer, and nothing is
// cut off.
func (r Receipt) Text(columns int) string {
	columns = max(columns, 20)
	var b strings.Builder
	for _, l := range r.Lines {
		for _, line := range l.text(columns) {
			b.WriteString(strings.TrimRight(line, " "))
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func (l Line) text(columns int) []string {
	switch {
	case l.Style == Rule:
		return []string{strings.Repeat("-", columns)}
	case l.Style == Title || l.Style == Centre:
		var lines []string
		for _, part := range wrap(l.Name, columns) {
			lines = append(lines, strings.Repeat(" ", (columns-utf8.RuneCountInString(part))/2)+part)
		}
		return lines
	case l.Value == "":
		return wrap(l.Name, columns)
	}
	if free := columns - utf8.RuneCountInString(l.Name) - utf8.RuneCountInString(l.Value); free > 0 {
		return []string{l.Name + strings.Repeat(" ", free) + l.Value}
	}
	// The value goes below its name, at the right.
	lines := wrap(l.Name, columns)
	for _, part := range wrap(l.Value, columns) {
		lines = append(lines, strings.Repeat(" ", columns-utf8.RuneCountInString(part))+part)
	}
	return lines
}

// wrap breaks a text at its spaces, and a word that is longer than a line where the line ends.
func wrap(text string, columns int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		for utf8.RuneCountInString(word) > columns {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			r := []rune(word)
			lines, word = append(lines, string(r[:columns])), string(r[columns:])
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= columns:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
