package terminal

import (
	"bytes"
	"errors"
	"image"
	_ "image/gif"  // what people upload
	_ "image/jpeg" // a photograph of a screen
	_ "image/png"  // what Kassa shows

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// The limits of a picture that is held before the camera.
const (
	maxPicture = 2 << 20
	maxPixels  = 16 << 20
)

var (
	errPicture = errors.New("the picture is not a PNG, JPEG or GIF of at most 16 million pixels")
	errNoCode  = errors.New("there is no QR code in the picture, or it cannot be read")
)

// readQR is the camera: it reads the QR code in a picture.
func readQR(picture []byte) (text string, err error) {
	size, _, err := image.DecodeConfig(bytes.NewReader(picture))
	if err != nil || size.Width <= 0 || size.Height <= 0 || size.Width > maxPixels/size.Height {
		return "", errPicture
	}
	img, _, err := image.Decode(bytes.NewReader(picture))
	if err != nil {
		return "", errPicture
	}
	defer func() { // a strange picture must not end the terminals of this process
		if recover() != nil {
			text, err = "", errNoCode
		}
	}()
	bits, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		return "", errNoCode
	}
	found, err := qrcode.NewQRCodeReader().Decode(bits, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return "", errNoCode
	}
	return found.GetText(), nil
}
