package charge

import (
	"kassa/doctor"
)

// tokenRefused is R36: the operator does not know our token any more.
func tokenRefused() doctor.Rule {
	return doctor.Rule{
		ID: "R36", Code: "operator_token_refused", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedCharge}, Rank: doctor.RankNetwork, Who: doctor.Operator, Contact: doctor.GeneralSupport,
		Symptoms: []string{"401", "token not known", "terminal sells nothing"},
		Explains: []string{"charger_status_stale", "no_tariff", "callback_lost", "assigned_elsewhere"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The charge point operator refuses our token",
				NL: "De laadpuntexploitant weigert ons token",
				FR: "L'exploitant de la borne refuse notre jeton",
				IT: "Il gestore della colonnina rifiuta il nostro token",
				ES: "El operador del cargador rechaza nuestro token",
			},
			Shop: doctor.Text{
				EN: "Kassa cannot talk to {peer}, so nothing can be sold at its chargers; whoever runs this installation has to renew the connection.",
				NL: "Kassa kan niet met {peer} praten, dus bij zijn laders kan niets worden verkocht; de beheerder van deze installatie moet de verbinding vernieuwen.",
				FR: "Kassa ne peut pas parler à {peer} : rien ne peut être vendu à ses bornes ; l'exploitant de cette installation doit renouveler la connexion.",
				IT: "Kassa non può parlare con {peer}: alle sue colonnine non si può vendere nulla; chi gestisce questa installazione deve rinnovare la connessione.",
				ES: "Kassa no puede hablar con {peer}: en sus cargadores no puede venderse nada; quien gestiona esta instalación debe renovar la conexión.",
			},
			Fix: doctor.Text{
				EN: "Run the credentials handshake again (PUT, or a new token A), and see whether the peer wants its token in base64 or as it is.",
				NL: "Doe de credentials-handdruk opnieuw (PUT, of een nieuw token A) en kijk of de andere kant zijn token in base64 wil of zoals het is.",
				FR: "Refaites l'échange d'identifiants (PUT, ou un nouveau jeton A) et vérifiez si l'autre côté veut son jeton en base64 ou tel quel.",
				IT: "Ripeti lo scambio delle credenziali (PUT, o un nuovo token A) e verifica se l'altra parte vuole il token in base64 o così com'è.",
				ES: "Repita el intercambio de credenciales (PUT, o un nuevo token A) y vea si la otra parte quiere su token en base64 o tal cual.",
			},
		},
		Developer: "Calls to the peer are answered with HTTP 401.",
		Runbook:   "A rotation that only one side kept does this, and a peer restored from a backup. The quirk rawToken sends tokens unencoded. What the peer answered is remembered since this process began.",
		Look: func(c *doctor.Chart) doctor.Sign {
			p := c.Charge.Peer
			switch {
			case p == nil || p.Refused.IsZero() && p.Answered.IsZero():
				return doctor.NotKnown(doctor.NeedCharge, "the operator has not been called since the start")
			case p.Refused.IsZero() || p.Answered.After(p.Refused):
				return doctor.No("the operator knows our token")
			}
			return doctor.Found(map[string]string{"peer": p.Name}, doctor.Evidence{At: p.Refused, Source: "operator", Ref: "ocpipeer/" + p.ID, Says: p.Name + " answered 401: it does not know our token"})
		},
	}
}
