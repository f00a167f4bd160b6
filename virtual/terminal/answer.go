package terminal

import "net/http"

// answerBody is what POST input takes: exactly one of its fields, but more with strokes.
type answerBody struct {
	Confirm *bool   `json:"confirm"`
	Digits  *string `json:"digits"`
	Text    *string `json:"text"`
	// Entries are counted from 1.
	Entries []int `json:"entries"`
	// Strokes are the lines of a signature, each a list of points [x, y] in 480 by 200.
	Strokes [][][2]int `json:"strokes"`
	More    bool       `json:"more"`
	Cancel  bool       `json:"cancel"`
}

// postInput answers what a register asks the customer for.
func postInput(w http.ResponseWriter, r *http.Request, u *unit) {
	var body answerBody
	if !decodeMost(w, r, &body, maxDrawing) {
		return
	}
	n := 0
	for _, given := range []bool{body.Confirm != nil, body.Digits != nil, body.Text != nil, body.Entries != nil, body.Strokes != nil, body.Cancel} {
		if given {
			n++
		}
	}
	if n != 1 || body.More && body.Strokes == nil {
		fail(w, http.StatusBadRequest, "bad_request", "exactly one of confirm, digits, text, entries, strokes and cancel is wanted")
		return
	}
	direct(w, r, u, Answered(body))
}
