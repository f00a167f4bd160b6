package adyen

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// iconMissing is C9: the terminal has a link, and the cloud gives it no payments over it: its top bar shows no
// cloud.
func iconMissing() doctor.Rule {
	return doctor.Rule{
		ID: "C9", Code: "cloud_icon_missing", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Terminal}, Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankTerminal + 8, Who: doctor.Merchant, Contact: doctor.PointOfSale, Action: doctor.Action{Label: "See the terminal", Href: "/terminals/{terminal}"},
		Symptoms: []string{"no cloud icon", "top bar"},
		Explains: []string{"send_failed", "terminal_offline"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal is linked, and gets no payments from the cloud",
				NL: "De terminal heeft een verbinding, maar krijgt geen betalingen van de cloud",
				FR: "Le terminal est relié, mais ne reçoit pas de paiements du cloud",
				IT: "Il terminale è collegato, ma non riceve pagamenti dal cloud",
				ES: "El terminal tiene enlace, pero no recibe pagos de la nube",
			},
			Shop: doctor.Text{
				EN: "{name} is on and reaches us, but may not take payments now; ask your administrator to look at its page.",
				NL: "{name} staat aan en bereikt ons, maar mag nu geen betalingen aannemen; vraag uw beheerder naar zijn pagina te kijken.",
				FR: "{name} est allumé et nous joint, mais ne peut pas accepter de paiements ; demandez à votre administrateur de voir sa page.",
				IT: "{name} è acceso e ci raggiunge, ma ora non può accettare pagamenti; chiedi all'amministratore di guardare la sua pagina.",
				ES: "{name} está encendido y nos alcanza, pero ahora no puede aceptar pagos; pida a su administrador que mire su página.",
			},
			Fix: doctor.Text{
				EN: "The terminal's page names what is against it: blocked, not activated, not enabled, or its keys.",
				NL: "De pagina van de terminal noemt wat ertegen is: geblokkeerd, niet geactiveerd, niet aangezet of zijn sleutels.",
				FR: "La page du terminal indique l'obstacle : bloqué, non activé, connexion désactivée ou ses clés.",
				IT: "La pagina del terminale indica che cosa lo impedisce: bloccato, non attivato, non abilitato o le chiavi.",
				ES: "La página del terminal dice qué lo impide: bloqueado, sin activar, no habilitado o sus claves.",
			},
		},
		Runbook: "A link for management is open: no network is at fault. Reason is one of not_enabled, not_activated, blocked.",
		Look: func(c *doctor.Chart) doctor.Sign {
			r := c.Reach
			if !r.Linked || r.State != "offline" {
				return doctor.No("its link and its state agree")
			}
			return doctor.Found(past.Args(c), state(c, "it has a link for management, and takes no payments: "+r.Reason))
		},
	}
}
