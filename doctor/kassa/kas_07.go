package kassa

import (
	"fmt"

	"kassa/doctor"
)

// keyNetwork is KAS-07: a key is used from an address that it may not be used from.
func keyNetwork() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-07", Code: "key_network", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Key}, Needs: []doctor.Need{doctor.NeedKey}, Rank: doctor.RankOrder + 2, Who: doctor.Merchant, Action: doctor.Action{Label: "See the keys", Href: "/keys"},
		Symptoms: []string{"invalid API key", "unauthorised", "1032"},
		Explains: []string{"wrong_api_key", "no_permission_devices_menu"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The API key may not be used from this address",
				NL: "De API-sleutel mag niet vanaf dit adres worden gebruikt",
				FR: "La clé API ne peut pas être utilisée depuis cette adresse",
				IT: "La chiave API non può essere usata da questo indirizzo",
				ES: "La clave de API no puede usarse desde esta dirección",
			},
			Shop: doctor.Text{
				EN: "The cash register calls from another internet address than its key allows; whoever manages the key has to allow it.",
				NL: "De kassa belt vanaf een ander internetadres dan haar sleutel toestaat; wie de sleutel beheert, moet het toestaan.",
				FR: "La caisse appelle depuis une autre adresse Internet que celle que sa clé autorise ; le gestionnaire de la clé doit l'autoriser.",
				IT: "La cassa chiama da un indirizzo Internet diverso da quello consentito alla sua chiave; chi gestisce la chiave deve consentirlo.",
				ES: "La caja llama desde otra dirección de internet que la que permite su clave; quien gestiona la clave debe permitirla.",
			},
			Fix: doctor.Text{
				EN: "Make a key that allows {from}, or one without a list of networks. A shop whose provider changes its address needs the latter.",
				NL: "Maak een sleutel die {from} toestaat, of een zonder lijst van netwerken. Een winkel met een wisselend adres heeft het laatste nodig.",
				FR: "Créez une clé qui autorise {from}, ou une sans liste de réseaux. Un magasin dont l'adresse change a besoin de la seconde.",
				IT: "Crea una chiave che consenta {from}, oppure una senza elenco di reti. Un negozio con indirizzo variabile ha bisogno della seconda.",
				ES: "Cree una clave que permita {from}, o una sin lista de redes. Una tienda cuya dirección cambia necesita la segunda.",
			},
		},
		Developer: "The key …{hint} is good, and {from} is in none of its networks.",
		Runbook:   "Ask whether the address is the shop's. When it is not, the key may have leaked: revoke it.",
		Look: func(c *doctor.Chart) doctor.Sign {
			call, ok := lately(c, "key_network")
			switch {
			case !ok && c.Key.Problem != "network":
				return doctor.No("no call with the key from another network")
			case !ok:
				return doctor.NotKnown(doctor.NeedCalls, "no call with the key was refused")
			case c.Key.Used.After(call.At):
				return doctor.No("the key has been used since")
			}
			evidence := []doctor.Evidence{said(call)}
			if len(c.Key.Networks) > 0 {
				evidence = append(evidence, doctor.Evidence{Source: "key", Ref: c.Key.ID, Says: fmt.Sprintf("its networks are %v", c.Key.Networks)})
			}
			return doctor.Found(args(call, c.Key), evidence...)
		},
	}
}
