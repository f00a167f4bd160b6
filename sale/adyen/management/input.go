package management

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	strict "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// body reads the JSON object of the body into to. Fields that to does not have are left out: a newer
// client knows more than Kassa. An empty body is an empty object.
func (c *call) body(w http.ResponseWriter, to any) *fault {
	raw, no := c.whole(w)
	if no != nil {
		return no
	}
	if len(raw) == 0 {
		raw = []byte("{}")
	}
	if kind := jsontext.Value(raw).Kind(); kind != '{' {
		return badRequest("the body must be a JSON object")
	}
	err := strict.Unmarshal(raw, to)
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*strict.SemanticError](err); ok {
		name := fieldName(wrong.JSONPointer)
		return badRequest(name+" has the wrong type", invalidField{Name: name, Message: "has the wrong type"})
	}
	if wrong, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			name := fieldName(wrong.JSONPointer)
			return badRequest(name+" is there more than once", invalidField{Name: name, Message: "is there more than once"})
		}
		return badRequest(fmt.Sprintf("the body is not JSON (at byte %d)", wrong.ByteOffset))
	}
	return badRequest("the body is not JSON")
}

// whole reads the body to its end.
func (c *call) whole(w http.ResponseWriter) ([]byte, *fault) {
	tooLong := &fault{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf("the body may have %d bytes at most", maxBody)}
	if c.ContentLength > maxBody {
		return nil, tooLong
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, c.Body, maxBody))
	if err == nil {
		return raw, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLong
	}
	return nil, badRequest("the body could not be read to its end")
}

// fieldName is a JSON pointer as Adyen names fields: a.b[0].c.
func fieldName(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		switch {
		case token != "" && strings.Trim(token, "0123456789") == "":
			b.WriteString("[" + token + "]")
		case b.Len() > 0:
			b.WriteString("." + token)
		default:
			b.WriteString(token)
		}
	}
	return b.String()
}

// query reads the parameters. One that Kassa does not know is left out, one that is there twice is not
// guessed at.
func (c *call) query(names ...string) (url.Values, *fault) {
	values, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return nil, badRequest("the query cannot be parsed")
	}
	for _, name := range names {
		switch list := values[name]; {
		case len(list) > 1:
			return nil, badRequest(name+" is there more than once", invalidField{Name: name, Message: "is there more than once"})
		case len(list) == 1 && len(list[0]) > maxParameter:
			return nil, badRequest(name+" is too long", invalidField{Name: name, Message: fmt.Sprintf("may have %d bytes at most", maxParameter)})
		}
	}
	return values, nil
}

// list reads a comma separated parameter.
func list(q url.Values, name string) []string {
	var out []string
	for _, s := range strings.Split(q.Get(name), ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// page is one page of a list, as Adyen counts them.
type page struct {
	Links      pageLinks `json:"_links"`
	Data       any       `json:"data"`
	ItemsTotal int       `json:"itemsTotal"`
	PagesTotal int       `json:"pagesTotal"`
}

type pageLinks struct {
	First link  `json:"first"`
	Last  link  `json:"last"`
	Next  *link `json:"next,omitempty"`
	Prev  *link `json:"prev,omitempty"`
	Self  link  `json:"self"`
}

type link struct {
	Href string `json:"href"`
}

// paged cuts the page out of a list that the query asks for. A page beyond the last is an empty one.
func paged[T any](h *Handler, c *call, usual int, all []T) (page, *fault) {
	q, no := c.query("pageNumber", "pageSize")
	if no != nil {
		return page{}, no
	}
	number, no := wholeNumber(q, "pageNumber", 1, 1, maxPageNumber)
	if no != nil {
		return page{}, no
	}
	size, no := wholeNumber(q, "pageSize", usual, 1, maxPageSize)
	if no != nil {
		return page{}, no
	}
	pages := (len(all) + size - 1) / size
	from := min((number-1)*size, len(all))
	data := all[from:min(from+size, len(all))]
	if data == nil {
		data = []T{}
	}
	at := func(n int) link {
		q := c.URL.Query()
		q.Set("pageNumber", strconv.Itoa(n))
		q.Set("pageSize", strconv.Itoa(size))
		return link{h.origin(c.Request) + c.URL.EscapedPath() + "?" + q.Encode()}
	}
	p := page{Data: data, ItemsTotal: len(all), PagesTotal: pages}
	p.Links = pageLinks{First: at(1), Last: at(max(1, pages)), Self: at(number)}
	if number < pages {
		next := at(number + 1)
		p.Links.Next = &next
	}
	if number > 1 && pages > 0 {
		prev := at(min(number-1, pages))
		p.Links.Prev = &prev
	}
	return p, nil
}

func wholeNumber(q url.Values, name string, usual, least, most int) (int, *fault) {
	text := q.Get(name)
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		what := fmt.Sprintf("must be a whole number from %d to %d", least, most)
		return 0, badRequest(name+" "+what, invalidField{Name: name, Value: text, Message: what})
	}
	return n, nil
}
