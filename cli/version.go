package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is what this binary was made of.
type version struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"` // there were changes beyond the revision
	Time     string `json:"time,omitempty"`     // of the revision
	Go       string `json:"go"`
	SQLite   string `json:"sqlite,omitempty"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// SQLiteAnnotation is the annotation of the root command that tells the SQLite of the program.
const SQLiteAnnotation = "sqlite"

func thisVersion(root *cobra.Command) version {
	v := version{
		Version: "(devel)", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		SQLite: root.Annotations[SQLiteAnnotation],
	}
	b, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if b.Main.Version != "" {
		v.Version = b.Main.Version
	}
	for _, s := range b.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		case "vcs.time":
			v.Time = s.Value
		}
	}
	return v
}

func versionCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "version", Short: "Print the version", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error {
			v := thisVersion(c.Root())
			if asJSON(c) {
				return printJSON(c, v)
			}
			text := fmt.Sprintf("kassa %s %s %s/%s\n", v.Version, v.Go, v.OS, v.Arch)
			if v.Revision != "" {
				text += "revision " + v.Revision
				if v.Modified {
					text += ", with changes"
				}
				text += ", " + v.Time + "\n"
			}
			if v.SQLite != "" {
				text += "SQLite " + v.SQLite + "\n"
			}
			_, err := fmt.Fprint(c.OutOrStdout(), text)
			return err
		},
	}
	return withJSON(c)
}
