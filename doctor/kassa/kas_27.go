package kassa

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"kassa/doctor"
	"kassa/doctor/past"
	"kassa/estate"
)

// terminalsOffline is KAS-27: terminals of the account have been away for more than an hour.
func terminalsOffline() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-27", Code: "terminals_offline", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Installation}, Needs: []doctor.Need{doctor.NeedFleet}, Rank: doctor.RankNotice + 1, Who: doctor.Shop, Action: doctor.Action{Label: "See the terminals", Href: "/terminals?state=offline"},
		Symptoms: []string{"terminals offline"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Terminals have been offline for more than an hour",
				NL: "Terminals zijn al meer dan een uur offline",
				FR: "Des terminaux sont hors ligne depuis plus d'une heure",
				IT: "Dei terminali sono fuori linea da più di un'ora",
				ES: "Hay terminales sin conexión desde hace más de una hora",
			},
			Shop: doctor.Text{
				EN: "{count} of {all} terminals are not connected; look at their power and network, or leave them when the shop is closed.",
				NL: "{count} van de {all} terminals zijn niet verbonden; controleer stroom en netwerk, of laat ze zo als de winkel dicht is.",
				FR: "{count} terminaux sur {all} ne sont pas connectés ; vérifiez courant et réseau, ou laissez-les si le magasin est fermé.",
				IT: "{count} terminali su {all} non sono collegati; controlla corrente e rete, o lasciali così se il negozio è chiuso.",
				ES: "{count} de {all} terminales no están conectados; revise la corriente y la red, o déjelos si la tienda está cerrada.",
			},
			Fix: doctor.Text{
				EN: "Ask about each of them: the terminal's own page tells why it is away.",
				NL: "Vraag naar elk ervan: de pagina van de terminal zegt waarom hij weg is.",
				FR: "Interrogez chacun d'eux : la page du terminal dit pourquoi il est absent.",
				IT: "Chiedi di ciascuno: la pagina del terminale dice perché manca.",
				ES: "Pregunte por cada uno: la página del terminal dice por qué falta.",
			},
		},
		Runbook: "Many at once: their shops' lines, or this installation's own. See router_of_shop and the status page.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if c.Fleet.Offline == 0 {
				return doctor.No("all terminals are connected")
			}
			gone := longGone(c)
			if len(gone) == 0 {
				return doctor.No("no terminal has been away for an hour")
			}
			args := map[string]string{"count": strconv.Itoa(len(gone)), "all": strconv.Itoa(c.Fleet.Terminals)}
			return doctor.Found(args, gone[:min(len(gone), 5)]...)
		},
	}
}

// longGone gives the ends of links after which a device has not come back for an hour.
func longGone(c *doctor.Chart) []doctor.Evidence {
	last := make(map[string]doctor.Evidence)
	for _, e := range c.Of("LinkUp", "LinkDown") {
		link, ok := doctor.Read[estate.LinkDown](e)
		switch {
		case !ok:
		case e.Kind == "LinkUp" || c.Now.Sub(e.At) < past.Recently:
			delete(last, link.POIID)
		default:
			last[link.POIID] = doctor.Entry(e, "link", link.POIID+" has no link since "+past.Instant(e.At)+": "+link.Reason)
		}
	}
	return slices.SortedFunc(maps.Values(last), func(x, y doctor.Evidence) int { return cmp.Compare(x.Seq, y.Seq) })
}
