package iso8583_test

import (
	"bytes"
	"testing"

	"kassa/iso8583"
)

// FuzzUnpack: whatever is accepted packs again to the same bytes, under either profile.
func FuzzUnpack(f *testing.F) {
	for _, p := range profiles() {
		frame, err := p.PackMAC(sale(), keyed("k"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame)
	}
	f.Add([]byte("0800\x82\x20\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x000102030405000001301"))
	f.Add([]byte("\x08\x00\x82\x20\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03\x04\x05\x00\x00\x01\x03\x01"))
	f.Fuzz(func(t *testing.T, frame []byte) {
		for _, p := range profiles() {
			_, _ = p.VerifyMAC(frame, keyed("k"))
			m, err := p.Unpack(frame)
			if err != nil {
				continue
			}
			again, err := p.Pack(m)
			if err != nil {
				t.Fatalf("%s: accepted and then not packed: %v", p.Name(), err)
			}
			if !bytes.Equal(frame, again) {
				t.Fatalf("%s: %x became %x", p.Name(), frame, again)
			}
			_ = m.String()
		}
	})
}

// FuzzPrivate: a DE48 that is accepted survives another round.
func FuzzPrivate(f *testing.F) {
	f.Add("LI010H4XQ3A2K10ST0011")
	f.Add("LI000")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := iso8583.ParsePrivate(s)
		if err != nil {
			return
		}
		again, err := iso8583.ParsePrivate(p.String())
		if err != nil || len(again) != len(p) || len(p.String()) != len(s) {
			t.Fatalf("%q became %q, %v", s, p.String(), err)
		}
	})
}

// FuzzReadFrame: a stream is cut into frames without panic, and never above the limit.
func FuzzReadFrame(f *testing.F) {
	f.Add([]byte("\x00\x01a\x00\x02bc\x00\x00"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := bytes.NewReader(stream)
		var back []byte
		for {
			frame, err := iso8583.ReadFrame(r, 64)
			if err != nil {
				break
			}
			if len(frame) == 0 || len(frame) > 64 {
				t.Fatalf("a frame of %d bytes", len(frame))
			}
			back = iso8583.AppendFrame(back, frame)
		}
		if !bytes.HasPrefix(stream, back) {
			t.Fatal("the frames are not what was in the stream")
		}
	})
}

func BenchmarkPackSale(b *testing.B) {
	for _, p := range profiles() {
		b.Run(p.Name(), func(b *testing.B) {
			m := sale()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Pack(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkUnpackSale(b *testing.B) {
	for _, p := range profiles() {
		b.Run(p.Name(), func(b *testing.B) {
			frame, err := p.Pack(sale())
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(frame)))
			for b.Loop() {
				if _, err := p.Unpack(frame); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBuildSale(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sale()
	}
}
