package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// object is a resource of /api/v1 as it came: the verbs show it and need not know all of it.
type object map[string]any

// text is a field for people, with dots between names within names; "-" stands for none.
func (o object) text(field string) string {
	var v any = map[string]any(o)
	for name := range strings.SplitSeq(field, ".") {
		within, ok := v.(map[string]any)
		if !ok {
			return "-"
		}
		v = within[name]
	}
	switch v := v.(type) {
	case nil:
		return "-"
	case string:
		if v == "" {
			return "-"
		}
		return moment(v)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "-"
	}
	return strings.Trim(string(text), `"`)
}

// all reads a list whole, page by page.
func (c *client) all(ctx context.Context, path string, query url.Values) (list []json.RawMessage, err error) {
	if query == nil {
		query = url.Values{}
	}
	for {
		var answer struct {
			Data    []json.RawMessage
			HasMore bool `json:"has_more"`
			Next    string
		}
		if err := c.get(ctx, path+"?"+query.Encode(), &answer); err != nil {
			return nil, err
		}
		list = append(list, answer.Data...)
		if !answer.HasMore || answer.Next == "" {
			return list, nil
		}
		query.Set("after", answer.Next)
	}
}

// column is one column of a table: its head and the field beneath it.
type column struct{ head, field string }

// listCommand is a verb that lists a resource. Its filters are flags of the same name.
func listCommand(c *cobra.Command, path string, filters []string, columns ...column) *cobra.Command {
	for _, f := range filters {
		name, usage, _ := strings.Cut(f, ": ")
		c.Flags().String(name, "", usage)
	}
	c.Args = words()
	c.RunE = func(c *cobra.Command, _ []string) error {
		query := url.Values{}
		for _, f := range filters {
			name, _, _ := strings.Cut(f, ": ")
			if v := c.Flag(name).Value.String(); v != "" {
				query.Set(name, v)
			}
		}
		return printList(c, path, query, columns)
	}
	return withJSON(c)
}

func printList(c *cobra.Command, path string, query url.Values, columns []column) error {
	kassa, err := newClient()
	if err != nil {
		return err
	}
	list, err := kassa.all(c.Context(), path, query)
	if err != nil {
		return err
	}
	head := make([]string, len(columns))
	for i, col := range columns {
		head[i] = col.head
	}
	rows, err := rowsOf(c, list, func(o object) []string {
		row := make([]string, len(columns))
		for i, col := range columns {
			row[i] = o.text(col.field)
		}
		return row
	})
	if err != nil || asJSON(c) {
		return err
	}
	if len(rows) == 0 {
		_, err := c.OutOrStdout().Write([]byte("There are none.\n"))
		return err
	}
	return table(c, append([][]string{head}, rows...))
}

// rowsOf makes a row of each object of a list, none where row gives nil. With --json it prints them as they
// came instead.
func rowsOf(c *cobra.Command, list []json.RawMessage, row func(object) []string) (rows [][]string, err error) {
	for _, raw := range list {
		if asJSON(c) {
			if err := printLine(c, raw); err != nil {
				return nil, err
			}
			continue
		}
		var o object
		if err := json.Unmarshal(raw, &o); err != nil {
			return nil, Failure{Failed, "the answer is not what Kassa writes", "check KASSA_URL"}
		}
		if cells := row(o); cells != nil {
			rows = append(rows, cells)
		}
	}
	return rows, nil
}

// doCommand is a verb that asks for one step and shows what it gives.
func doCommand(c *cobra.Command, args []string, ask func(c *cobra.Command, args []string) (method, path string, body any, err error)) *cobra.Command {
	c.Args = words(args...)
	c.RunE = func(c *cobra.Command, args []string) error {
		method, path, body, err := ask(c, args)
		if err != nil {
			return err
		}
		kassa, err := newClient()
		if err != nil {
			return err
		}
		if method == http.MethodDelete {
			if err := kassa.tell(c.Context(), method, path, body); err != nil {
				return err
			}
			return printObject(c, object{"done": true})
		}
		var o object
		if err := kassa.call(c.Context(), method, path, body, &o); err != nil {
			return err
		}
		return printObject(c, o)
	}
	return withJSON(c)
}

// printObject shows one resource: a line a field, what is within others indented by its name.
func printObject(c *cobra.Command, o object) error {
	if asJSON(c) {
		return printJSON(c, o)
	}
	fields := flat("", o)
	width := 0
	for _, f := range fields {
		width = max(width, len(f[0]))
	}
	for _, f := range fields {
		line := paint(c.OutOrStdout(), faint, f[0]) + strings.Repeat(" ", width-len(f[0])+2) + plain(f[1]) + "\n"
		if _, err := c.OutOrStdout().Write([]byte(line)); err != nil {
			return err
		}
	}
	return nil
}

// first are the fields that people look for first.
func first(field string) int {
	return slices.Index([]string{"key", "code", "id", "name", "state", "reach"}, field)
}

func flat(under string, o object) (fields [][2]string) {
	names := make([]string, 0, len(o))
	for name := range o {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if x, y := first(a), first(b); x != y && (x >= 0 || y >= 0) {
			if x >= 0 && (y < 0 || x < y) {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		if within, ok := o[name].(map[string]any); ok && len(within) > 0 {
			fields = append(fields, flat(under+name+".", within)...)
			continue
		}
		fields = append(fields, [2]string{under + name, o.text(name)})
	}
	return fields
}

// flagged gives the flags that were set, as fields of a body. A flag's dashes are capitals in the body.
func flagged(c *cobra.Command, names ...string) map[string]any {
	body := map[string]any{}
	for _, name := range names {
		f := c.Flag(name)
		if f == nil || !f.Changed {
			continue
		}
		words := strings.Split(name, "-")
		for i, w := range words[1:] {
			words[i+1] = strings.ToUpper(w[:1]) + w[1:]
		}
		field := strings.Join(words, "")
		switch f.Value.Type() {
		case "bool":
			body[field] = f.Value.String() == "true"
		default:
			body[field] = f.Value.String()
		}
	}
	return body
}

func at(path string, id string, more ...string) string {
	return path + "/" + url.PathEscape(id) + strings.Join(append([]string{""}, more...), "/")
}
