package multisafepay

import (
	"kassa/doctor"
)

// logoNotAssigned is DISP-03: the logo of the service can be hidden only behind one of the group. It is a fault only
// for who wants that.
func logoNotAssigned() doctor.Rule {
	return doctor.Rule{
		ID: "DISP-03", Code: "logo_not_assigned", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Needs: []doctor.Need{doctor.NeedTerminal, doctor.NeedSettings}, Rank: doctor.RankNotice + 2, Who: doctor.Merchant,
		Symptoms: []string{"cannot hide the logo", "hide logo", "logo"},
		Action:   doctor.Action{Label: "Upload a logo", Href: "/groups"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The group has no logo of its own", NL: "De groep heeft geen eigen logo", FR: "Le groupe n'a pas de logo",
				IT: "Il gruppo non ha un proprio logo", ES: "El grupo no tiene logotipo propio",
			},
			Shop: doctor.Text{
				EN: "The logo on {name} can be hidden once the group {group} has one of its own: ask the administrator of the account to upload it.",
				NL: "Het logo op {name} kan worden verborgen zodra de groep {group} een eigen logo heeft: vraag de beheerder van het account het te uploaden.",
				FR: "Le logo affiché sur {name} peut être masqué dès que le groupe {group} a le sien : demandez à l'administrateur du compte de l'ajouter.",
				IT: "Il logo su {name} si può nascondere quando il gruppo {group} ne ha uno proprio: chiedi all'amministratore dell'account di caricarlo.",
				ES: "El logotipo de {name} se puede ocultar cuando el grupo {group} tenga uno propio: pida al administrador de la cuenta que lo suba.",
			},
			Fix: doctor.Text{
				EN: "Upload a PNG of 512 by 512 pixels as the logo of the group, then switch Hide logo on at the terminal.",
				NL: "Upload een PNG van 512 bij 512 pixels als logo van de groep en zet daarna Logo verbergen aan op de terminal.",
				FR: "Ajoutez un PNG de 512 sur 512 pixels comme logo du groupe, puis activez Masquer le logo sur le terminal.",
				IT: "Carica un PNG di 512 per 512 pixel come logo del gruppo, poi attiva Nascondi logo sul terminale.",
				ES: "Suba un PNG de 512 por 512 píxeles como logotipo del grupo y active después Ocultar logotipo en el terminal.",
			},
		},
		Runbook: "The setting is receiptOptions.logo, at the group or above it. A logo that is set and not shown is logo_cached.",
		Look: func(c *doctor.Chart) doctor.Sign {
			const setting = "receiptOptions.logo"
			s := c.Settings[setting]
			value := string(s.Value)
			switch {
			case !c.Shows("logo"):
				return doctor.No("nobody asks for a logo")
			case value != "" && value != "null" && value != `""`:
				return doctor.No("a logo is assigned at level " + orNone(s.Origin))
			}
			args := about(c)
			args["group"] = c.Terminal.Group
			if c.Group != nil && c.Group.Name != "" {
				args["group"] = c.Group.Name
			}
			return doctor.Found(args, doctor.Evidence{At: c.Now, Source: "settings", Ref: "terminal/" + c.Terminal.TID, Says: setting + " is not set at any level"})
		},
	}
}
