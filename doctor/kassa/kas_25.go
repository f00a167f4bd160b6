package kassa

import (
	"kassa"
	"kassa/doctor"
)

// wrongGroup is KAS-25: an order was asked for with the key of another group than its terminal's.
func wrongGroup() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-25", Code: "wrong_group_key", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Key, doctor.Terminal}, Needs: []doctor.Need{doctor.NeedCalls}, Rank: doctor.RankOrder + 4, Who: doctor.Developer, Action: doctor.Action{Label: "See the groups", Href: "/groups"},
		Symptoms: []string{"order not shown", "terminal of another group", "not allowed"},
		Explains: []string{"wrong_api_key", "key_may_not"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The order was made with the key of another terminal group",
				NL: "De bestelling is gemaakt met de sleutel van een andere terminalgroep",
				FR: "La commande a été faite avec la clé d'un autre groupe de terminaux",
				IT: "L'ordine è stato fatto con la chiave di un altro gruppo di terminali",
				ES: "El pedido se hizo con la clave de otro grupo de terminales",
			},
			Shop: doctor.Text{
				EN: "The cash register uses the key of another group of terminals; its supplier has to enter the key of this terminal's group.",
				NL: "De kassa gebruikt de sleutel van een andere groep terminals; de leverancier moet de sleutel van de groep van deze terminal invoeren.",
				FR: "La caisse utilise la clé d'un autre groupe de terminaux ; son fournisseur doit saisir celle du groupe de ce terminal.",
				IT: "La cassa usa la chiave di un altro gruppo di terminali; il fornitore deve inserire quella del gruppo di questo terminale.",
				ES: "La caja usa la clave de otro grupo de terminales; su proveedor debe introducir la del grupo de este terminal.",
			},
			Fix: doctor.Text{
				EN: "Use the key of the terminal's group (Manage groups, key icon), or move terminal {terminal} to the group of the key …{hint}.",
				NL: "Gebruik de sleutel van de terminalgroep (Groepen beheren, sleutelpictogram), of verplaats terminal {terminal} naar de groep van sleutel …{hint}.",
				FR: "Utilisez la clé du groupe du terminal (Gérer les groupes, icône clé), ou déplacez le terminal {terminal} vers le groupe de la clé …{hint}.",
				IT: "Usa la chiave del gruppo del terminale (Gestisci gruppi, icona chiave), o sposta il terminale {terminal} nel gruppo della chiave …{hint}.",
				ES: "Use la clave del grupo del terminal (Gestionar grupos, icono de llave), o mueva el terminal {terminal} al grupo de la clave …{hint}.",
			},
		},
		Developer: "{route}: terminal {terminal} belongs to another group than the key …{hint}.",
		Runbook:   "A terminal that was moved between groups needs another key in its cash register from that moment on.",
		Look: func(c *doctor.Chart) doctor.Sign {
			call, ok := lately(c, string(kassa.TerminalOtherGroup))
			if !ok {
				return doctor.No("no call came with the key of another group")
			}
			evidence := []doctor.Evidence{said(call)}
			if c.Terminal != nil && c.Terminal.TID == call.TerminalID {
				evidence = append(evidence, doctor.Evidence{Source: "estate", Ref: "terminal/" + c.Terminal.TID, Says: "the terminal belongs to group " + c.Terminal.Group})
			}
			return doctor.Found(args(call, nil), evidence...)
		},
	}
}
