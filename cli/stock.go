package cli

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	"rsc.io/qr"
)

// stockCommands add, clone and remove terminals: in the cloud, and the virtual device with them.
func stockCommands() []*cobra.Command {
	add := &cobra.Command{
		Use: "add", Short: "Add a terminal and a virtual device for it", Args: words(),
		Long: `Add a terminal to a group, and a virtual device that activates itself. With --no-device only the
terminal is added; its activation code is printed, and as a QR code for the device's camera.`,
		Example: "  kassa terminals add --group Bar --name 'Bar 9' --model P3MIX",
		RunE:    func(c *cobra.Command, _ []string) error { return addTerminal(c, "") },
	}
	add.Flags().String("group", "", "terminal group, by id or name")
	add.Flags().String("model", "P2", "P2, P2SE, P2PAD, P3MIX, CTAP, V400M or EV1")
	add.Flags().Bool("no-device", false, "make no virtual device")
	clone := &cobra.Command{
		Use: "clone T", Short: "Add a terminal like another, with its settings", Args: words("T"),
		RunE: func(c *cobra.Command, args []string) error { return addTerminal(c, args[0]) },
	}
	for _, c := range []*cobra.Command{add, clone} {
		c.Flags().String("name", "", "what people call it")
		c.Flags().String("poiid", "", "serial of the device as [model]-[serial]; a new one without it")
	}
	remove := &cobra.Command{
		Use: "remove T", Short: "Remove a terminal, and its virtual device with its key", Args: words("T"),
		RunE: func(c *cobra.Command, args []string) error { return removeTerminal(c, args[0]) },
	}
	return []*cobra.Command{withJSON(add), withJSON(clone), withJSON(remove)}
}

// wanted is the terminal to add.
type wanted struct {
	Group string `json:"group"`
	Name  string `json:"name"`
	POIID string `json:"poiid,omitempty"`
}

func addTerminal(c *cobra.Command, source string) error {
	kassa, err := newClient()
	if err != nil {
		return err
	}
	in, model, device := wanted{Name: c.Flag("name").Value.String(), POIID: c.Flag("poiid").Value.String()}, "", true
	if source == "" {
		in.Group, model = c.Flag("group").Value.String(), strings.ToUpper(c.Flag("model").Value.String())
		device = c.Flag("no-device").Value.String() != "true"
	} else {
		t, err := kassa.terminalNamed(c.Context(), source)
		if err != nil {
			return err
		}
		in.Group = t.Group
		model, _, _ = strings.Cut(t.POIID, "-")
	}
	if in.POIID == "" && device {
		in.POIID = fmt.Sprintf("%s-KS%08d", model, rand.IntN(100_000_000))
	}
	if in.Name == "" {
		in.Name = in.POIID
	}
	var made struct {
		TID   string `json:"tid"`
		POIID string `json:"poiid"`
		Code  string `json:"code"`
	}
	if err := kassa.call(c.Context(), http.MethodPost, terminalsPath, in, &made); err != nil {
		return err
	}
	if device {
		path := "/sim/terminals/"
		if source != "" {
			path += url.PathEscape(source) + "/clone"
		}
		ask := map[string]string{"poiid": made.POIID, "name": in.Name, "code": made.Code}
		if err := kassa.tell(c.Context(), http.MethodPost, path, ask); err != nil {
			return err
		}
	}
	if asJSON(c) {
		return printJSON(c, made)
	}
	out := c.OutOrStdout()
	fmt.Fprintf(out, "%s %s %s  activation code %s\n", paint(out, green, "✓"), made.TID, made.POIID, made.Code)
	if !device {
		return drawQR(c, made.Code)
	}
	return nil
}

// tell is call where the answer says no more than that it is done.
func (c *client) tell(ctx context.Context, method, path string, body any) error {
	answer, err := c.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// drawQR draws a code for a camera, two rows a line; in a window dark on light whatever its colours.
func drawQR(c *cobra.Command, text string) error {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return err
	}
	const quiet = 2
	dark, plainly := "\x1b[30;107m", "\x1b[0m"
	if paint(c.OutOrStdout(), green, "") == "" { // no window
		dark, plainly = "", ""
	}
	var b strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		b.WriteString(dark)
		for x := -quiet; x < code.Size+quiet; x++ {
			switch up, down := code.Black(x, y), code.Black(x, y+1); {
			case up && down:
				b.WriteString("█")
			case up:
				b.WriteString("▀")
			case down:
				b.WriteString("▄")
			default:
				b.WriteString(" ")
			}
		}
		b.WriteString(plainly + "\n")
	}
	_, err = fmt.Fprint(c.OutOrStdout(), b.String())
	return err
}

func (c *client) terminalNamed(ctx context.Context, name string) (terminal, error) {
	list, err := c.terminals(ctx)
	if err != nil {
		return terminal{}, err
	}
	for _, t := range list {
		if t.TID == name || t.POIID == name {
			return t, nil
		}
	}
	return terminal{}, Failure{Usage, "there is no terminal " + plain(name), "kassa terminals lists them"}
}

// removeTerminal takes the device away first, so that the link has ended when the cloud retires it.
func removeTerminal(c *cobra.Command, name string) error {
	kassa, err := newClient()
	if err != nil {
		return err
	}
	t, err := kassa.terminalNamed(c.Context(), name)
	if err != nil {
		return err
	}
	if t.POIID != "" {
		// A device that is no virtual one is switched off by hand; the cloud says so if it is not.
		_ = kassa.tell(c.Context(), http.MethodDelete, "/sim/terminals/"+url.PathEscape(t.POIID), nil)
	}
	if err := kassa.tell(c.Context(), http.MethodDelete, terminalsPath+"/"+url.PathEscape(t.TID), nil); err != nil {
		return err
	}
	if asJSON(c) {
		return printJSON(c, map[string]string{"removed": t.TID})
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s %s is removed; its orders stay\n", paint(c.OutOrStdout(), green, "✓"), t.TID)
	return err
}
