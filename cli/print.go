package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
)

// colour is an ANSI colour code.
type colour string

const (
	green  colour = "32"
	red    colour = "31"
	yellow colour = "33"
	faint  colour = "2"
)

// paint colours text when a person looks at a terminal that shows colours.
func paint(w io.Writer, c colour, text string) string {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return text
	}
	if about, err := f.Stat(); err != nil || about.Mode()&os.ModeCharDevice == 0 {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// plain is text from elsewhere without control characters, so that it cannot move the cursor.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

func withJSON(c *cobra.Command) *cobra.Command {
	c.Flags().Bool("json", false, "print JSON, one object a line")
	return c
}

func asJSON(c *cobra.Command) bool {
	on, err := c.Flags().GetBool("json")
	return err == nil && on
}

func printJSON(c *cobra.Command, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return printLine(c, text)
}

func printLine(c *cobra.Command, line []byte) error {
	_, err := fmt.Fprintf(c.OutOrStdout(), "%s\n", line)
	return err
}

// table prints rows in aligned columns; the first row is the head.
func table(c *cobra.Command, rows [][]string) error {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(plain(cell))))
		}
	}
	for n, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			cell = plain(cell)
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", width[i]-len([]rune(cell))+2))
			}
		}
		line := strings.TrimRight(b.String(), " ")
		if n == 0 {
			line = paint(c.OutOrStdout(), faint, line)
		}
		if _, err := fmt.Fprintln(c.OutOrStdout(), line); err != nil {
			return err
		}
	}
	return nil
}
