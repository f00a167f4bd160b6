package disk

import (
	"slices"

	"kassa/journal"
)

// Load reads the current state of a stream; it reports false when there is none.
func (d *Disk) Load(id string) (journal.Stream, bool, error) {
	s := d.durable.streams[id]
	if s == nil {
		return journal.Stream{}, false, nil
	}
	return s.view(), true, nil
}

// Find reads the stream that was made with this Ref.
func (d *Disk) Find(ref string) (journal.Stream, bool, error) {
	return d.Load(d.durable.refs[ref])
}

// Holder reads the stream that holds this now.
func (d *Disk) Holder(holds string) (journal.Stream, bool, error) {
	return d.Load(d.durable.holders[holds])
}

// OpenStreams calls each for every open stream of a kind, by id, and ends with its first error.
func (d *Disk) OpenStreams(kind string, each func(journal.Stream) error) error {
	var open []journal.Stream
	for _, id := range d.durable.after(kind, "") {
		if s := d.durable.streams[id]; s.Open {
			open = append(open, s.view())
		}
	}
	for _, s := range open {
		if err := each(s); err != nil {
			return err
		}
	}
	return nil
}

// Streams lists the streams of a kind by id, those whose id comes after the one given.
func (d *Disk) Streams(kind, after string, limit int) ([]journal.Stream, error) {
	var page []journal.Stream
	ids := d.durable.after(kind, after)
	for _, id := range ids[:max(0, min(limit, maxRead, len(ids)))] {
		page = append(page, d.durable.streams[id].view())
	}
	return page, nil
}

// Newest lists the streams of a kind whose id comes before the one given, the highest id first: those
// of these scopes, or all for nil.
func (d *Disk) Newest(kind string, scopes []string, before string, limit int) ([]journal.Stream, error) {
	var page []journal.Stream
	for _, id := range slices.Backward(d.durable.after(kind, "")) {
		s := d.durable.streams[id]
		fits := scopes == nil || s.scope != "" && slices.Contains(scopes, s.scope)
		if !fits || before != "" && id >= before {
			continue
		}
		if len(page) >= min(limit, maxRead) {
			break
		}
		page = append(page, s.view())
	}
	return page, nil
}

// after gives the ids of a kind beyond the one given. They lie between "kind/" and "kind0", '0'
// being the character after the slash.
func (r *record) after(kind, after string) []string {
	from, found := slices.BinarySearch(r.ids, max(kind+"/", after))
	if found {
		from++
	}
	to, _ := slices.BinarySearch(r.ids, kind+"0")
	return r.ids[min(from, to):to]
}

// Entries reads the facts after a sequence number, in order.
func (d *Disk) Entries(after uint64, limit int) ([]journal.Entry, error) {
	var entries []journal.Entry
	rest := d.durable.entries[min(after, d.Last()):]
	for _, e := range rest[:max(0, min(limit, maxRead, len(rest)))] {
		entries = append(entries, view(e))
	}
	return entries, nil
}

// StreamEntries reads the facts of one stream, in order, up to the version given; 0 is all.
func (d *Disk) StreamEntries(id string, upTo uint64) ([]journal.Entry, error) {
	s := d.durable.streams[id]
	if s == nil {
		return nil, nil
	}
	var entries []journal.Entry
	for _, seq := range s.entries {
		if e := d.durable.entries[seq-1]; upTo == 0 || e.Version <= upTo {
			entries = append(entries, view(e))
		}
	}
	return entries, nil
}

// Last is the sequence number of the last durable fact, 0 when there is none.
func (d *Disk) Last() uint64 { return uint64(len(d.durable.entries)) }

func (s *stream) view() journal.Stream {
	v := s.Stream
	v.State = copyBytes(v.State)
	return v
}

func view(e journal.Entry) journal.Entry {
	e.Payload = copyBytes(e.Payload)
	return e
}
