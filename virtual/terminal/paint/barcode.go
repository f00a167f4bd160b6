package paint

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// mostCode is how long the value of a bar code may be: what a QR code of the largest size holds.
const mostCode = 2900

// barHeight is how high a bar code is that has one dimension, in widths of its narrowest bar.
const barHeight = 40

// ErrCannotDraw tells that the device has no drawing for this kind of bar code.
var ErrCannotDraw = errors.New("this terminal does not draw PDF417 codes")

// Barcode draws a bar code. The names of the kinds are nexo's, in any case of letters.
func Barcode(kind, value string) (p *Picture, err error) {
	name, format, writer := codeKind(kind)
	switch {
	case strings.EqualFold(kind, "PDF417"):
		return nil, ErrCannotDraw
	case writer == nil:
		return nil, fmt.Errorf("OutputBarcode, field BarcodeType: %q is no kind of bar code", clip(kind, 40))
	case value == "":
		return nil, errors.New("OutputBarcode, field BarcodeValue: Missing")
	case len(value) > mostCode:
		return nil, fmt.Errorf("OutputBarcode, field BarcodeValue: longer than %d", mostCode)
	}
	defer func() { // a strange value must not end the terminals of this process
		if recover() != nil {
			p, err = nil, fmt.Errorf("OutputBarcode, field BarcodeValue: not for %s", name)
		}
	}()
	bits, err := writer.Encode(value, format, 0, 0, map[gozxing.EncodeHintType]any{
		gozxing.EncodeHintType_CHARACTER_SET: "UTF-8", gozxing.EncodeHintType_MARGIN: 0,
	})
	if err != nil {
		return nil, fmt.Errorf("OutputBarcode, field BarcodeValue: not for %s", name)
	}
	return draw(name, value, bits), nil
}

func codeKind(kind string) (string, gozxing.BarcodeFormat, gozxing.Writer) {
	switch strings.ToUpper(kind) {
	case "QRCODE":
		return "QRCode", gozxing.BarcodeFormat_QR_CODE, qrcode.NewQRCodeWriter()
	case "CODE128":
		return "Code128", gozxing.BarcodeFormat_CODE_128, oned.NewCode128Writer()
	case "CODE25":
		return "Code25", gozxing.BarcodeFormat_ITF, oned.NewITFWriter()
	case "EAN13":
		return "EAN13", gozxing.BarcodeFormat_EAN_13, oned.NewEAN13Writer()
	case "EAN8":
		return "EAN8", gozxing.BarcodeFormat_EAN_8, oned.NewEAN8Writer()
	case "UPCA":
		return "UPCA", gozxing.BarcodeFormat_UPC_A, oned.NewUPCAWriter()
	}
	return "", 0, nil
}

// draw makes one path of the dark modules, with a quiet zone of four around them.
func draw(kind, value string, bits *gozxing.BitMatrix) *Picture {
	const quiet = 4
	rows, height := bits.GetHeight(), 1
	if kind != "QRCode" {
		rows, height = 1, barHeight
	}
	var path strings.Builder
	for y := range rows {
		for x := 0; x < bits.GetWidth(); x++ {
			from := x
			for x < bits.GetWidth() && bits.Get(x, y) {
				x++
			}
			if n := x - from; n > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv%dh-%dz", from+quiet, y*height+quiet, n, height, n)
			}
		}
	}
	return &Picture{
		Kind: kind, Text: clip(value, mostRunes), Path: path.String(),
		Width: bits.GetWidth() + 2*quiet, Height: rows*height + 2*quiet,
	}
}

// Strokes is the path of a drawing made of lines, each a list of points.
func Strokes(lines [][][2]int) string {
	var path strings.Builder
	for _, line := range lines {
		for i, p := range line {
			if i == 0 {
				path.WriteByte('M')
			} else {
				path.WriteByte('L')
			}
			path.WriteString(strconv.Itoa(p[0]) + " " + strconv.Itoa(p[1]))
		}
		if len(line) == 1 {
			path.WriteString("h1")
		}
	}
	return path.String()
}

// Scribble is a name as a hand would write it in a hurry: a line for each word, whose waves follow its letters.
func Scribble(name string, width, height int) [][][2]int {
	words := strings.Fields(clip(name, 40))
	letters := 0
	for _, w := range words {
		letters += len([]rune(w)) + 1
	}
	var lines [][][2]int
	step, at := max(1, (width-40)/(2*max(letters, 1))), 20
	for _, w := range words {
		var line [][2]int
		for _, r := range w {
			line = append(line, [2]int{at, height / 2}, [2]int{at + step, height/2 - (height/5)*(1+int(r)%3)/2})
			at += 2 * step
		}
		lines, at = append(lines, append(line, [2]int{at, height / 2})), at+2*step
	}
	return lines
}
