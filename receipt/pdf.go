package receipt

import (
	"fmt"
	"io"

	"codeberg.org/go-pdf/fpdf"
)

// The paper of the PDF: a roll of 80 mm, as long as the receipt.
const (
	paperWidth = 80.0 // mm
	margin     = 5.0
	lineHeight = 4.2
	fontSize   = 8.5 // points; 42 columns of Courier fill 70 mm at 9.4
)

// PDF writes the receipt as one page. The same receipt gives the same bytes.
func (r Receipt) PDF(w io.Writer) error {
	var lines []Line
	for _, l := range r.Lines {
		for _, text := range l.text(Wide) {
			lines = append(lines, Line{Style: l.Style, Name: text})
		}
	}
	height := 2*margin + lineHeight*float64(len(lines))
	pdf := fpdf.NewCustom(&fpdf.InitType{
		UnitStr: "mm", Size: fpdf.SizeType{Wd: paperWidth, Ht: max(height, paperWidth+1)},
	})
	pdf.SetCreationDate(r.At.UTC())
	pdf.SetModificationDate(r.At.UTC())
	pdf.SetCatalogSort(true)
	pdf.SetTitle(r.Title, true)
	pdf.SetLang(r.Language)
	pdf.SetMargins(margin, margin, margin)
	pdf.SetAutoPageBreak(false, 0)
	pdf.AddPage()
	encode := pdf.UnicodeTranslatorFromDescriptor("") // cp1252, which has all that the languages need
	for _, l := range lines {
		weight := ""
		if l.Style == Title || l.Style == Strong {
			weight = "B"
		}
		pdf.SetFont("Courier", weight, fontSize)
		pdf.CellFormat(0, lineHeight, encode(l.Name), "", 1, "L", false, 0, "")
	}
	if err := pdf.Output(w); err != nil {
		return fmt.Errorf("receipt: PDF: %w", err)
	}
	return nil
}
