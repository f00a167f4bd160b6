package ocpi

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"kassa/ocpi"
)

const pageLimit = 100

// paged answers a list GET: objects changed from date_from (inclusive) to date_to (exclusive), the
// oldest made first so that pages do not shift.
func paged[T any](h *Handler, q *request, all []kept[T], changed func(T) ocpi.DateTime) reply {
	query := q.URL.Query()
	from, to, offset, limit, err := window(query)
	if err != nil {
		return invalid(err)
	}
	slices.SortStableFunc(all, func(a, b kept[T]) int { return a.Made.Compare(b.Made) })
	match := []T{}
	for _, k := range all {
		at := changed(k.Object)
		if !from.IsZero() && at.Before(from) || !to.IsZero() && !at.Before(to) {
			continue
		}
		match = append(match, k.Object)
	}
	header := map[string]string{"X-Total-Count": strconv.Itoa(len(match)), "X-Limit": strconv.Itoa(pageLimit)}
	begin := min(offset, len(match))
	end := min(begin+limit, len(match))
	if end < len(match) {
		query.Set("offset", strconv.Itoa(end))
		query.Set("limit", strconv.Itoa(limit))
		header["Link"] = fmt.Sprintf("<%s%s?%s>; rel=%q", h.base(), q.URL.EscapedPath(), query.Encode(), "next")
	}
	return reply{data: match[begin:end], header: header}
}

func window(query url.Values) (from, to time.Time, offset, limit int, err error) {
	limit = pageLimit
	for name, into := range map[string]*time.Time{"date_from": &from, "date_to": &to} {
		if text := query.Get(name); text != "" {
			t, err := ocpi.ParseDateTime(text)
			if err != nil {
				return from, to, 0, 0, &ocpi.Error{Field: name, Rule: err.Error()}
			}
			*into = t.Time
		}
	}
	for name, into := range map[string]*int{"offset": &offset, "limit": &limit} {
		if text := query.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 || name == "limit" && n == 0 {
				return from, to, 0, 0, &ocpi.Error{Field: name, Rule: "must be a whole number, and limit at least 1"}
			}
			*into = n
		}
	}
	return from, to, offset, min(limit, pageLimit), nil
}
