package terminal

import (
	"net/http"

	"kassa/virtual/deck"
)

// deckRow is a row of the deck with the names of its cards.
type deckRow struct {
	ID string `json:"id"`
	deck.Row
	Cards []string `json:"cards"`
}

// getDeck lists the deck.
func getDeck(w http.ResponseWriter, _ *http.Request) {
	var list []deckRow
	for _, r := range deck.Rows() {
		list = append(list, deckRow{r.ID(), r, r.Cards()})
	}
	reply(w, http.StatusOK, map[string]any{"data": list})
}
