package help

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kassa/doctor"
)

// byID gives the rules of a source in the order of their ids.
func byID(rules []doctor.Rule, s doctor.Source) []doctor.Rule {
	list := slices.DeleteFunc(slices.Clone(rules), func(r doctor.Rule) bool { return r.Source != s })
	slices.SortFunc(list, func(x, y doctor.Rule) int {
		a, n := number(x.ID)
		b, m := number(y.ID)
		return cmp.Or(cmp.Compare(a, b), cmp.Compare(n, m), cmp.Compare(x.ID, y.ID))
	})
	return list
}

// number parts an id from its number, so that C10 comes after C9.
func number(id string) (string, int) {
	head := id
	if strings.ContainsAny(id, "0123456789") {
		head = strings.TrimRight(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	}
	letters := strings.TrimRight(head, "0123456789")
	n, err := strconv.Atoi(head[len(letters):])
	if err != nil {
		return id, 0
	}
	return letters, n
}

// Documents makes the text files of docs/causes, by their names: one for each rule, and README.md that lists them.
func Documents(rules []doctor.Rule) map[string]string {
	docs := map[string]string{"README.md": contents(rules)}
	for _, r := range rules {
		docs[r.Code+".md"] = document(r, rules)
	}
	return docs
}

func contents(rules []doctor.Rule) string {
	var b strings.Builder
	b.WriteString(`# Causes

What the doctor can find, by who says so. A running installation serves these pages at ` + "`/docs/causes/`" + `, in five languages;
` + "`kassa doctor rules`" + ` lists them. Observable causes Kassa sees by itself; guided ones are questions that only people can answer.

These pages are made from the rules; ` + "`UPDATE_DOCS=1 go test -run TestDocuments ./help`" + ` makes them anew.
`)
	for _, s := range sources() {
		of := byID(rules, s)
		if len(of) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n| Row | Cause | What it is | |\n|---|---|---|---|\n", sourceName(s))
		for _, r := range of {
			kind := "observable"
			if r.Guided() {
				kind = "guided"
			}
			fmt.Fprintf(&b, "| %s | [%s](%s.md) | %s | %s |\n", r.ID, r.Code, r.Code, strings.ReplaceAll(named(r.Says.Title).EN, "|", "\\|"), kind)
		}
	}
	return b.String()
}

func document(r doctor.Rule, rules []doctor.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n`%s` · %s · %s\n\n%s\n", named(r.Says.Title).EN, r.Code, r.ID, sourceName(r.Source), named(r.Says.Shop).EN)
	if r.Guided() {
		fmt.Fprintf(&b, "\nKassa cannot see this, and asks: **%s**\n", r.Says.Question.EN)
	}
	fmt.Fprintf(&b, "\n## What to do\n\n%s\n\nWho: %s.", named(r.Says.Fix).EN, whoSays(r.Who, "en"))
	if r.Contact != "" {
		fmt.Fprintf(&b, " When that does not help: %s.", contactName(r.Contact))
	}
	b.WriteString("\n")
	chapterOf(&b, "For developers", named(doctor.Text{EN: r.Developer}).EN)
	chapterOf(&b, "For support", named(doctor.Text{EN: r.Runbook}).EN)
	var sees, symptoms []string
	for _, n := range r.Needs {
		sees = append(sees, needName(n))
	}
	for _, s := range r.Symptoms {
		symptoms = append(symptoms, "“"+s+"”")
	}
	chapterOf(&b, "What it is seen by", bullets(sees))
	chapterOf(&b, "What people see", bullets(symptoms))
	chapterOf(&b, "What follows from it", bullets(related(rules, func(x doctor.Rule) bool { return slices.Contains(r.Explains, x.Code) })))
	chapterOf(&b, "What it may follow from", bullets(related(rules, func(x doctor.Rule) bool { return slices.Contains(x.Explains, r.Code) })))
	const menu = "Security Cent" + "er" // as devices spell it
	return strings.ReplaceAll(b.String(), menu, "`"+menu+"`")
}

func chapterOf(b *strings.Builder, title, text string) {
	if text != "" {
		fmt.Fprintf(b, "\n## %s\n\n%s\n", title, text)
	}
}

func bullets(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return "- " + strings.Join(list, "\n- ")
}

func related(rules []doctor.Rule, is func(doctor.Rule) bool) (list []string) {
	for _, r := range rules {
		if is(r) {
			list = append(list, fmt.Sprintf("[%s](%s.md): %s", r.Code, r.Code, named(r.Says.Title).EN))
		}
	}
	return list
}
