package doctor

import (
	"strconv"
	"strings"
)

// Version is a program as devices report it: its name, and the numbers of its version, which is the last word.
type Version struct {
	Program string
	Numbers []int
}

// VersionOf reads a program with its version; false when the last word is none.
func VersionOf(software string) (v Version, ok bool) {
	words := strings.Fields(software)
	if len(words) == 0 {
		return v, false
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(words[len(words)-1], "v"), ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return Version{}, false
		}
		v.Numbers = append(v.Numbers, n)
	}
	v.Program = strings.Join(words[:len(words)-1], " ")
	return v, true
}

// Older tells whether it is an older version of the same program.
func (v Version) Older(than Version) bool {
	if v.Program != than.Program {
		return false
	}
	for i := range max(len(v.Numbers), len(than.Numbers)) {
		if a, b := part(v.Numbers, i), part(than.Numbers, i); a != b {
			return a < b
		}
	}
	return false
}

func part(numbers []int, i int) int {
	if i < len(numbers) {
		return numbers[i]
	}
	return 0
}

// String gives the numbers.
func (v Version) String() string {
	var parts []string
	for _, n := range v.Numbers {
		parts = append(parts, strconv.Itoa(n))
	}
	return strings.Join(parts, ".")
}
