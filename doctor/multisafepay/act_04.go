package multisafepay

import (
	"fmt"
	"slices"

	"kassa"
	"kassa/doctor"
)

// wrongAPIKey is ACT-04: calls are refused since nobody here has the key that they show. A key that is known, and
// may not or not any more, is another cause.
func wrongAPIKey() doctor.Rule {
	return doctor.Rule{
		ID: "ACT-04", Code: "wrong_api_key", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Key, doctor.Terminal},
		Needs: []doctor.Need{doctor.NeedCalls}, Rank: doctor.RankOrder + 2, Who: doctor.Developer, Contact: doctor.GeneralSupport,
		Symptoms: []string{"Invalid API key", "1032", "401", "cloud payments fail", "API calls rejected"},
		Explains: nil,
		Action:   doctor.Action{Label: "Show the groups and their keys", Href: "/groups"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The API key is not one of this installation", NL: "De API-sleutel hoort niet bij deze installatie",
				FR: "La clé d'API n'appartient pas à cette installation", IT: "La chiave API non è di questa installazione",
				ES: "La clave de API no es de esta instalación",
			},
			Shop: doctor.Text{
				EN: "The cash register uses a wrong key (…{hint}): ask who set it up to enter the key of the terminal's group.",
				NL: "De kassa gebruikt een verkeerde sleutel (…{hint}): vraag degene die haar heeft ingesteld de sleutel van de groep van de terminal in te voeren.",
				FR: "La caisse utilise une mauvaise clé (…{hint}) : demandez à la personne qui l'a configurée d'entrer la clé du groupe du terminal.",
				IT: "La cassa usa una chiave sbagliata (…{hint}): chiedi a chi l'ha configurata di inserire la chiave del gruppo del terminale.",
				ES: "La caja usa una clave equivocada (…{hint}): pida a quien la configuró que introduzca la clave del grupo del terminal.",
			},
			Fix: doctor.Text{
				EN: "Copy the key of the terminal's group (Devices, Terminals, Manage groups, the key icon) whole, without spaces, into the cash register.",
				NL: "Kopieer de sleutel van de groep van de terminal (Apparaten, Terminals, Groepen beheren, het sleutelpictogram) volledig en zonder spaties naar de kassa.",
				FR: "Copiez la clé du groupe du terminal (Appareils, Terminaux, Gérer les groupes, icône de clé) en entier et sans espaces dans la caisse.",
				IT: "Copia la chiave del gruppo del terminale (Dispositivi, Terminali, Gestisci gruppi, icona della chiave) per intero e senza spazi nella cassa.",
				ES: "Copie la clave del grupo del terminal (Dispositivos, Terminales, Gestionar grupos, icono de la llave) entera y sin espacios en la caja.",
			},
		},
		Developer: "{route} with key …{hint} was answered {status}: the key is unknown here. POS orders take the key of the terminal's group.",
		Runbook:   "Compare the last four characters with those of the group's keys. A key of the other environment, a revoked and an expired one are named by causes of their own.",
		Look: func(c *doctor.Chart) doctor.Sign {
			call, ok := c.Refused("key_unknown")
			switch {
			case !ok:
				return doctor.No("no call was refused for an unknown key")
			case c.Subject.Kind == doctor.Key && c.Key != nil && c.Key.ID != "":
				return doctor.No("the key is known here")
			case c.Subject.Kind == doctor.Terminal && slices.ContainsFunc(c.Recent, func(o kassa.Order) bool { return o.CreatedAt.After(call.At) }):
				return doctor.No("orders have come through since the last such call")
			}
			args := map[string]string{"hint": call.Hint, "route": call.Route, "status": fmt.Sprint(call.Status)}
			says := fmt.Sprintf("%s with key …%s from %s was refused: %d", call.Route, call.Hint, orUnknown(call.From), call.Status)
			if call.ErrorCode != 0 {
				says += fmt.Sprintf(", %d %s", call.ErrorCode, call.ErrorInfo)
			}
			return doctor.Found(args, doctor.Entry(call.Entry, "call", says))
		},
	}
}

func orUnknown(s string) string {
	if s == "" {
		return "an unknown address"
	}
	return s
}
