package receipt

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed receipt.html
var pageText string

// HTML writes the receipt as a whole page without scripts.
func (r Receipt) HTML(w io.Writer) error {
	page, err := template.New("receipt").Parse(pageText)
	if err != nil {
		return err
	}
	return page.Execute(w, r)
}
