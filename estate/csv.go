package estate

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// CSVRow is one row of a CSV of terminals to board, and what became of it.
type CSVRow struct {
	Line     int    `json:"line"` // in the file, from 1
	POIID    string `json:"poiid,omitempty"`
	Name     string `json:"name"`
	Group    string `json:"group"`          // id or name
	Shop     string `json:"shop,omitempty"` // id or reference
	Provider string `json:"provider,omitempty"`
	// TID and Code are given when the rows were boarded: the code here and never again.
	TID  string `json:"tid,omitempty"`
	Code string `json:"code,omitempty"`
	// Error says what is wrong with the row; empty when nothing is.
	Error string `json:"error,omitempty"`
}

// The columns of the CSV; poiid, shop and provider may be missing or empty.
var csvColumns = []string{"poiid", "name", "group", "shop", "provider"}

// BoardCSV boards the terminals of a CSV with a header, columns poiid, name, group, shop and provider
// (SMARTPOS or CTAP), all of them or none. Each row that cannot be boarded says why; the error then is
// ErrInvalid. A dry run changes nothing and finds the same. With an account only its groups are known;
// with "" those of all. Up to 900 rows and 1 MiB.
func (r *Registry) BoardCSV(now time.Time, account string, rows io.Reader, dryRun bool, by string) ([]CSVRow, error) {
	list, err := readCSV(rows)
	if err != nil {
		return nil, err
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	p := csvPlan{r: r, now: now, account: account, tids: make(map[string]bool), codes: make(map[string]bool), poiids: make(map[string]int)}
	refused := 0
	for i := range list {
		if err := p.plan(&list[i]); err != nil {
			list[i].Error = reasonOf(err)
			refused++
		}
	}
	if refused > 0 || dryRun {
		for i := range list {
			list[i].TID, list[i].Code = "", ""
		}
	}
	if refused > 0 {
		return list, fmt.Errorf("%w: %d of %d rows cannot be boarded; nothing was changed", ErrInvalid, refused, len(list))
	}
	if dryRun {
		return list, nil
	}
	if err := r.write(now, p.changes...); err != nil {
		return nil, err
	}
	return list, nil
}

// csvPlan collects what the rows change. Rows may not collide with each other.
type csvPlan struct {
	r       *Registry
	now     time.Time
	account string
	tids    map[string]bool
	codes   map[string]bool     // hashes
	poiids  map[string]int      // the line on which it stands
	named   map[string][]string // ids of groups by name; nil until one is asked for
	changes []journaled
}

func (p *csvPlan) plan(row *CSVRow) error {
	g, err := p.group(row.Group)
	if err != nil {
		return err
	}
	t := Terminal{Group: g.ID, Name: row.Name}
	if row.Shop != "" {
		id := p.bare("shop", row.Shop)
		s, ok := p.r.shops[id]
		if !ok || s.Account != g.Account {
			s, ok = p.r.shops[p.r.references[referenceKey(g.Account, id)]]
		}
		if !ok {
			return fmt.Errorf("%w: shop: the account has no shop %q", ErrUnknown, clip(row.Shop, maxReason))
		}
		t.Shop = s.ID
	}
	switch strings.ToUpper(row.Provider) {
	case "", "SMARTPOS":
	case string(CTAP):
		t.Provider = CTAP
	default:
		return fmt.Errorf("%w: provider: SMARTPOS or CTAP", ErrInvalid)
	}
	var device []journaled
	if row.POIID != "" {
		if line, twice := p.poiids[row.POIID]; twice {
			return fmt.Errorf("%w: poiid: it stands on line %d already", ErrExists, line)
		}
		p.poiids[row.POIID] = row.Line
		_, c, err := p.r.planDevice(p.now, row.POIID, g.Account)
		if err != nil {
			return fmt.Errorf("poiid: %w", err)
		}
		device = []journaled{c}
	}
	t, code, c, err := p.r.planTerminal(p.now, t, p.tids)
	switch {
	case err != nil:
		return err
	case p.codes[t.CodeHash]:
		return fmt.Errorf("%w: activation code", ErrExists)
	}
	p.tids[t.TID], p.codes[t.CodeHash] = true, true
	p.changes = append(append(p.changes, device...), c)
	row.TID, row.Code = t.TID, code
	return nil
}

// bare is an id without the prefix that the native API shows it with.
func (p *csvPlan) bare(kind, given string) string {
	return strings.TrimPrefix(given, kind+"_"+string(p.r.env)+"_")
}

// group finds a group by its id or, when only one has it, by its name.
func (p *csvPlan) group(given string) (Group, error) {
	mine := func(g Group) bool { return p.account == "" || g.Account == p.account }
	if g, ok := p.r.groups[p.bare("grp", given)]; ok && mine(g) {
		return g, nil
	}
	if p.named == nil {
		p.named = make(map[string][]string)
		for _, g := range p.r.groups {
			if mine(g) {
				p.named[g.Name] = append(p.named[g.Name], g.ID)
			}
		}
	}
	switch ids := p.named[given]; len(ids) {
	case 0:
		return Group{}, fmt.Errorf("%w: group: there is no group %q", ErrUnknown, clip(given, maxReason))
	case 1:
		return p.r.groups[ids[0]], nil
	}
	return Group{}, fmt.Errorf("%w: group: %d groups are called %q: give the id", ErrInvalid, len(p.named[given]), clip(given, maxReason))
}

// reasonOf is an error without the name of this package.
func reasonOf(err error) string { return strings.ReplaceAll(err.Error(), "estate: ", "") }

func readCSV(from io.Reader) ([]CSVRow, error) {
	limited := &io.LimitedReader{R: from, N: maxCSV + 1}
	in := csv.NewReader(limited)
	in.FieldsPerRecord, in.TrimLeadingSpace = -1, true
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: the first line names the columns %s", ErrInvalid, strings.Join(csvColumns, ","))
	}
	for i := range header {
		header[i] = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(header[i], "\ufeff")))
		if !slices.Contains(csvColumns, header[i]) {
			return nil, fmt.Errorf("%w: column %q: the columns are %s", ErrInvalid, clip(header[i], maxReason), strings.Join(csvColumns, ","))
		}
	}
	var list []CSVRow
	for {
		record, err := in.Read()
		line := 0
		if len(record) > 0 {
			line, _ = in.FieldPos(0)
		}
		switch {
		case errors.Is(err, io.EOF) && len(list) == 0:
			return nil, fmt.Errorf("%w: there is no row below the columns", ErrInvalid)
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return nil, fmt.Errorf("%w: %v", ErrInvalid, err)
		case limited.N <= 0:
			return nil, fmt.Errorf("%w: more than %d bytes", ErrInvalid, maxCSV)
		case len(list) >= maxRows:
			return nil, fmt.Errorf("%w: more than %d rows", ErrInvalid, maxRows)
		case len(record) > len(header):
			return nil, fmt.Errorf("%w: line %d has %d values and the header %d columns", ErrInvalid, line, len(record), len(header))
		}
		row := CSVRow{Line: line}
		for i, value := range record {
			*row.column(header[i]) = strings.TrimSpace(value)
		}
		list = append(list, row)
	}
}

func (c *CSVRow) column(name string) *string {
	switch name {
	case "poiid":
		return &c.POIID
	case "name":
		return &c.Name
	case "group":
		return &c.Group
	case "shop":
		return &c.Shop
	}
	return &c.Provider
}
