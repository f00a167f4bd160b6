package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const casesPath = "/api/v1/cases"

// supportCase is what the verbs of cases read of an answer.
type supportCase struct {
	ID, Title, State, Contact, Into string
	OpenedAt, ChangedAt             time.Time
	Facts                           []struct {
		Account, Group, TID, Serial, Diagnosis string
		Lines                                  []string
	}
	Notes []struct {
		At       time.Time
		By, Text string
	}
	Attachments []struct {
		ID, Name, Type string
		Size           int
	}
	Merged []string
}

func casesCommand() *cobra.Command {
	c := listCommand(&cobra.Command{Use: "cases", Short: "List the support cases, or work on one"}, casesPath,
		[]string{"state: open, waiting or closed"},
		column{"ID", "id"}, column{"STATE", "state"}, column{"CHANGED", "changedAt"}, column{"ABOUT", "subject.kind"}, column{"TITLE", "title"})
	c.AddCommand(openCaseCommand(),
		caseVerb(&cobra.Command{Use: "show CASE", Short: "Show a case with all that belongs to it"}, []string{"CASE"},
			func(args []string) (string, string, any) { return http.MethodGet, at(casesPath, args[0]), nil }),
		caseVerb(&cobra.Command{Use: "note CASE TEXT", Short: "Write in a case; one that was closed is open again"}, []string{"CASE", "TEXT"},
			func(args []string) (string, string, any) {
				return http.MethodPost, at(casesPath, args[0], "notes"), map[string]string{"text": args[1]}
			}),
		caseVerb(&cobra.Command{Use: "merge CASE INTO", Short: "Make a case part of another one, which gets all that it has"}, []string{"CASE", "INTO"},
			func(args []string) (string, string, any) {
				return http.MethodPost, at(casesPath, args[0], "merge"), map[string]string{"into": args[1]}
			}),
		attachCommand(), bundleCommand())
	for _, step := range [][3]string{
		{"close", "closed", "Close a case"}, {"wait", "waiting", "Note that a case waits for an answer"}, {"reopen", "open", "Open a case again"},
	} {
		c.AddCommand(caseVerb(&cobra.Command{Use: step[0] + " CASE", Short: step[2]}, []string{"CASE"}, func(args []string) (string, string, any) {
			return http.MethodPatch, at(casesPath, args[0]), map[string]string{"state": step[1]}
		}))
	}
	return c
}

func openCaseCommand() *cobra.Command {
	kinds := []string{"diagnosis", "terminal", "order"}
	c := &cobra.Command{
		Use: "open", Short: "Open a case, pre-filled with what is known of a diagnosis, a terminal or an order",
		Example: "  kassa cases open --terminal 00000ABC --note 'It says no since this morning.'\n  kassa cases open --title 'A question about receipts'",
		Args:    words(),
		RunE: func(c *cobra.Command, _ []string) error {
			body := flagged(c, "title", "note")
			for _, kind := range kinds {
				if !c.Flag(kind).Changed {
					continue
				}
				if body["subject"] != nil {
					return Failure{Usage, "a case is about one thing", "give one of --diagnosis, --terminal and --order"}
				}
				body["subject"] = map[string]string{"kind": kind, "id": c.Flag(kind).Value.String()}
			}
			if body["subject"] == nil && body["title"] == nil {
				return Failure{Usage, "a case about nothing in particular needs a --title", "or give one of --diagnosis, --terminal and --order"}
			}
			return caseStep(c, http.MethodPost, casesPath, body)
		},
	}
	for _, kind := range kinds {
		c.Flags().String(kind, "", "the id of the "+kind+" that it is about")
	}
	c.Flags().String("title", "", "what it is about, in a line (default: what was found)")
	c.Flags().String("note", "", "the first note")
	return withJSON(c)
}

// caseVerb is a verb that does one thing with a case, and shows the case after it.
func caseVerb(c *cobra.Command, args []string, ask func(args []string) (method, path string, body any)) *cobra.Command {
	c.Args = words(args...)
	c.RunE = func(c *cobra.Command, args []string) error {
		method, path, body := ask(args)
		return caseStep(c, method, path, body)
	}
	return withJSON(c)
}

func caseStep(c *cobra.Command, method, path string, body any) error {
	kassa, err := newClient()
	if err != nil {
		return err
	}
	var o object
	if err := kassa.call(c.Context(), method, path, body, &o); err != nil {
		return err
	}
	return printCase(c, o)
}

func printCase(c *cobra.Command, o object) error {
	if asJSON(c) {
		return printJSON(c, o)
	}
	var k supportCase
	if err := o.into(&k); err != nil {
		return err
	}
	out := c.OutOrStdout()
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n%s\n", k.ID, paint(out, yellow, plain(k.State)), plain(k.Title))
	about := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %s %s\n", paint(out, faint, fmt.Sprintf("%-10s", name)), plain(value))
		}
	}
	about("opened", k.OpenedAt.UTC().Format("2006-01-02 15:04 UTC"))
	about("contact", k.Contact)
	about("part of", k.Into)
	about("merged", strings.Join(k.Merged, ", "))
	for _, f := range k.Facts {
		about("account", f.Account)
		about("group", f.Group)
		about("terminal", f.TID)
		about("serial", f.Serial)
		about("diagnosis", f.Diagnosis)
		for _, l := range f.Lines {
			fmt.Fprintf(&b, "    %s\n", plain(l))
		}
	}
	for _, n := range k.Notes {
		fmt.Fprintf(&b, "%s\n", paint(out, faint, n.At.UTC().Format("2006-01-02 15:04 UTC")+" "+plain(n.By)))
		for line := range strings.SplitSeq(n.Text, "\n") {
			fmt.Fprintf(&b, "  %s\n", plain(line))
		}
	}
	for _, a := range k.Attachments {
		fmt.Fprintf(&b, "%s %s  %s\n", paint(out, faint, "attached"), plain(a.Name), paint(out, faint, fmt.Sprintf("%s, %d bytes, %s", plain(a.Type), a.Size, plain(a.ID))))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func attachCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "attach CASE FILE", Short: "Attach a picture, a video, a text or a PDF to a case, 8 MiB at most", Args: words("CASE", "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			body, err := os.ReadFile(args[1])
			if err != nil {
				return Failure{Usage, "the file cannot be read: " + err.Error(), ""}
			}
			kassa, err := newClient()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context(), streamTimeout)
			defer cancel()
			name := cmp.Or(c.Flag("name").Value.String(), filepath.Base(args[1]))
			r, err := kassa.request(ctx, http.MethodPost, at(casesPath, args[0], "attachments")+"?name="+url.QueryEscape(name), nil)
			if err != nil {
				return err
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Set("Content-Type", "application/octet-stream")
			if kassa.at.Token != "" {
				r.Header.Set("Authorization", "Bearer "+kassa.at.Token)
			}
			answer, err := kassa.do(r)
			if err != nil {
				return err
			}
			defer answer.Body.Close()
			var o object
			if json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(&o) != nil {
				return Failure{Failed, "the answer is not what Kassa writes", "check KASSA_URL"}
			}
			return printCase(c, o)
		},
	}
	c.Flags().String("name", "", "the name of the attachment (default: the file's)")
	return withJSON(c)
}

func bundleCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "bundle CASE", Short: "Write all that belongs to a case as one ZIP file", Args: words("CASE"),
		RunE: func(c *cobra.Command, args []string) error {
			kassa, err := newClient()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context(), streamTimeout)
			defer cancel()
			answer, err := kassa.send(ctx, http.MethodGet, at(casesPath, args[0], "bundle"), nil)
			if err != nil {
				return err
			}
			defer answer.Body.Close()
			name := cmp.Or(c.Flag("out").Value.String(), filepath.Base(args[0])+".zip")
			size, err := newFile(name, answer.Body)
			if err != nil {
				return err
			}
			if asJSON(c) {
				return printJSON(c, object{"file": name, "bytes": size})
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s %s, %d bytes\n", paint(c.OutOrStdout(), green, "✓"), name, size)
			return err
		},
	}
	c.Flags().String("out", "", "the file, which must not be there yet (default CASE.zip)")
	return withJSON(c)
}

// newFile writes a file that was not there; one that could not be written whole is not there afterwards.
func newFile(name string, from io.Reader) (size int64, err error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return 0, Failure{Usage, name + " is there already", "give another name with --out"}
	}
	if err != nil {
		return 0, Failure{Failed, "the file cannot be written: " + err.Error(), "give another name with --out"}
	}
	size, err = io.Copy(file, from)
	if err = errors.Join(err, file.Close()); err != nil {
		return 0, Failure{Failed, "the file could not be written whole: " + errors.Join(err, os.Remove(name)).Error(), "try again"}
	}
	return size, nil
}
