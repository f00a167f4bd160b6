package terminal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"sync"

	"kassa/virtual/deck"
)

// cardBox holds what the chips of the deck remember: the application transaction counter of each
// card, which rises with every use, whichever terminal of the process reads it and across restarts.
// Cards are named by brand and row, so that the file has no card number.
type cardBox struct {
	mu   sync.Mutex
	path string
	atc  map[string]uint16
}

func openCardBox(path string) (*cardBox, error) {
	b := &cardBox{path: path, atc: map[string]uint16{}}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read card state: %w", err)
	}
	if err := json.Unmarshal(raw, &b.atc); err != nil || b.atc == nil {
		return nil, fmt.Errorf("read card state: %s is not the file of this program", path)
	}
	return b, nil
}

// next takes the card's next counter, which is durable before it is used.
func (b *cardBox) next(c deck.Card) (uint16, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	last := b.atc[c.ID()]
	if last == math.MaxUint16 {
		return 0, fmt.Errorf("card %s: its transaction counter is at its end", c.ID())
	}
	b.atc[c.ID()] = last + 1
	raw, err := json.Marshal(b.atc)
	if err == nil {
		err = replaceFile(b.path, append(raw, '\n'))
	}
	if err != nil {
		b.atc[c.ID()] = last
		return 0, fmt.Errorf("write card state: %w", err)
	}
	return last + 1, nil
}
