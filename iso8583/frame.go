package iso8583

import (
	"encoding/binary"
	"io"
	"math"
	"strconv"
)

// ReadFrame reads one frame with its two-byte big-endian length, which does not count itself. A
// length of zero or above limit is an error, after which the stream cannot be used: who reads
// drops the connection. io.EOF means that the stream ended between two frames.
func ReadFrame(r io.Reader, limit int) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint16(head[:]))
	if n == 0 {
		return nil, &Error{0, "the frame is empty"}
	}
	if n > limit {
		return nil, &Error{0, "the frame is longer than " + strconv.Itoa(limit) + " bytes"}
	}
	frame := make([]byte, n)
	if _, err := io.ReadFull(r, frame); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return frame, nil
}

// AppendFrame appends the payload with its length before it. A payload that cannot be framed
// (empty, or above 65,535 bytes) is left out; Pack never makes one.
func AppendFrame(dst, payload []byte) []byte {
	if len(payload) == 0 || len(payload) > math.MaxUint16 {
		return dst
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(payload)))
	return append(dst, payload...)
}
