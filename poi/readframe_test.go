package poi_test

import (
	"fmt"
	"io"

	"github.com/gobwas/ws"

	"kassa/poilink"
)

// readFrame reads one frame of the cloud, which may be no longer than the protocol says.
func readFrame(r io.Reader) (ws.Frame, error) {
	h, err := ws.ReadHeader(r)
	if err != nil {
		return ws.Frame{}, err
	}
	if h.Length > poilink.MaxFrame {
		return ws.Frame{}, fmt.Errorf("a frame of %d bytes", h.Length)
	}
	f := ws.Frame{Header: h, Payload: make([]byte, h.Length)}
	_, err = io.ReadFull(r, f.Payload)
	return f, err
}
