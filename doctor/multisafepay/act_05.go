package multisafepay

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"kassa/doctor"
	"kassa/estate"
	"kassa/journal"
)

// syncTime is how long a device may need, from its first link, until it has what an activation needs.
const syncTime = 3 * time.Minute

// activationNotSynced is ACT-05: "Activation failed: Server error (10008)" is an activation before the device had
// finished its first conversation with the cloud.
func activationNotSynced() doctor.Rule {
	return doctor.Rule{
		ID: "ACT-05", Code: "activation_10008_not_synced", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Needs: []doctor.Need{doctor.NeedDevice}, Rank: doctor.RankTerminal + 1, Who: doctor.Shop, Contact: doctor.PointOfSale,
		Symptoms: []string{"Activation failed: Server error (10008)", "10008"},
		Explains: []string{"not_onboarded", "ipek_missing"},
		Action:   doctor.Action{Label: "See the terminal", Href: "/terminals/{terminal}"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal was activated too early", NL: "De terminal werd te vroeg geactiveerd", FR: "Le terminal a été activé trop tôt",
				IT: "Il terminale è stato attivato troppo presto", ES: "El terminal se activó demasiado pronto",
			},
			Shop: doctor.Text{
				EN: "Activate was pressed {seconds} s after the terminal connected: restart it, connect it, wait 3 minutes, and press Activate again.",
				NL: "Er werd {seconds} s na het verbinden op Activeren gedrukt: start de terminal opnieuw, verbind hem, wacht 3 minuten en druk weer op Activeren.",
				FR: "On a appuyé sur Activer {seconds} s après la connexion du terminal : redémarrez-le, connectez-le, attendez 3 minutes et appuyez de nouveau sur Activer.",
				IT: "È stato premuto Attiva {seconds} s dopo il collegamento del terminale: riavvialo, collegalo, attendi 3 minuti e premi di nuovo Attiva.",
				ES: "Se pulsó Activar {seconds} s después de conectar el terminal: reinícielo, conéctelo, espere 3 minutos y pulse Activar otra vez.",
			},
			Fix: doctor.Text{
				EN: "Wait until the terminal has been online for 3 minutes, then activate it with the same code.",
				NL: "Wacht tot de terminal 3 minuten online is en activeer hem dan met dezelfde code.",
				FR: "Attendez que le terminal soit en ligne depuis 3 minutes, puis activez-le avec le même code.",
				IT: "Attendi che il terminale sia online da 3 minuti, poi attivalo con lo stesso codice.",
				ES: "Espere a que el terminal lleve 3 minutos en línea y actívelo con el mismo código.",
			},
		},
		Runbook: "The activation came before the device had confirmed its initial key. When the key does not come within minutes either, it is ipek_missing.",
		Look:    lookNotSynced,
	}
}

func lookNotSynced(c *doctor.Chart) doctor.Sign {
	if c.Terminal != nil && c.Terminal.POIID != "" {
		return doctor.No("the terminal has been activated")
	}
	e, ok := c.Last("ActivationRefused")
	if !ok {
		return doctor.No("no activation was refused")
	}
	refused, _ := doctor.Read[estate.ActivationRefused](e)
	if refused.Reason != estate.RefusedIPEKMissing {
		return doctor.No("the activation was refused for another reason: " + string(refused.Reason))
	}
	up, first, ok := upBefore(c, e, refused.POIID)
	after := e.At.Sub(up.At)
	switch {
	case !ok:
		return doctor.NotKnown(doctor.NeedReach, "when the terminal connected is not known")
	case after >= syncTime:
		return doctor.No(fmt.Sprintf("it had been connected for %s when it was activated", after.Round(time.Second)))
	}
	args := about(c)
	args["seconds"], args["poiid"] = strconv.Itoa(int(after.Seconds())), refused.POIID
	if args["name"] == "" {
		args["name"], args["terminal"] = refused.POIID, refused.POIID
	}
	evidence := []doctor.Evidence{
		doctor.Entry(up, "link", refused.POIID+" connected"),
		doctor.Entry(e, "terminal", fmt.Sprintf("the activation was refused %d s later: its initial key had not come yet", int(after.Seconds()))),
	}
	for _, k := range c.Of("KeysConfirmed") {
		if confirmed, ok := doctor.Read[estate.KeysConfirmed](k); ok && confirmed.POIID == refused.POIID && k.Seq > e.Seq {
			return doctor.Found(args, append(evidence, doctor.Entry(k, "terminal", "the initial key came after that"))...)
		}
	}
	switch {
	case !first:
		return doctor.No("it had been connected before, for long enough")
	case c.Now.Sub(up.At) >= syncTime:
		return doctor.No("its initial key has not come in 3 minutes either")
	case strings.HasPrefix(refused.POIID, "P3MIX-"):
		return doctor.Found(args, evidence...)
	}
	return doctor.Likely(args, evidence...)
}

// upBefore gives the link over which something was said, and whether the device had none before it that lasted.
func upBefore(c *doctor.Chart, said journal.Entry, poiid string) (up journal.Entry, first, ok bool) {
	first = true
	for _, e := range c.Of("LinkUp") {
		if body, is := doctor.Read[estate.LinkUp](e); !is || body.POIID != poiid || e.Seq > said.Seq {
			continue
		}
		if ok && e.At.Sub(up.At) >= syncTime {
			first = false
		}
		up, ok = e, true
	}
	return up, first, ok
}
