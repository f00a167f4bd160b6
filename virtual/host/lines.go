package host

import (
	"bufio"
	"errors"
	"io"
)

// lineReader gives lines with their line feed. A longer line than a record can have, and a last one
// without a line feed, come as they are: decodeLine refuses both.
type lineReader struct{ r *bufio.Reader }

func newLineReader(r io.Reader) lineReader {
	return lineReader{r: bufio.NewReaderSize(r, 2*maxLine)}
}

func (l lineReader) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) || errors.Is(err, io.EOF) && len(line) > 0 {
		return line, nil
	}
	return line, err
}
