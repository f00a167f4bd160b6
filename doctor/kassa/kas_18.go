package kassa

import (
	"kassa"
	"kassa/doctor"
)

// keyReplayed is KAS-18: the terminal used a key of its secure module a second time, as a copy of it would.
func keyReplayed() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-18", Code: "key_replay", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder + 3, Who: doctor.Operator, Contact: doctor.PointOfSale,
		Symptoms: []string{"configuration error", "key replay"},
		Explains: []string{"config_error", "card_declined_1000", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal used a payment key twice",
				NL: "De terminal gebruikte een betaalsleutel twee keer",
				FR: "Le terminal a utilisé deux fois une clé de paiement",
				IT: "Il terminale ha usato due volte una chiave di pagamento",
				ES: "El terminal usó dos veces una clave de pago",
			},
			Shop: doctor.Text{
				EN: "This terminal cannot be trusted with cards at the moment; stop using it, take another one and call support.",
				NL: "Deze terminal is op dit moment niet te vertrouwen met kaarten; gebruik hem niet meer, neem een andere en bel support.",
				FR: "On ne peut pas se fier à ce terminal pour les cartes en ce moment ; cessez de l'utiliser, prenez-en un autre et appelez l'assistance.",
				IT: "Al momento questo terminale non è affidabile per le carte; smetti di usarlo, prendine un altro e chiama l'assistenza.",
				ES: "Por ahora no se puede confiar en este terminal para las tarjetas; deje de usarlo, use otro y llame a soporte.",
			},
			Fix: doctor.Text{
				EN: "Inject a new initial key. When it comes back, the device was copied or restored from an image: return it.",
				NL: "Injecteer een nieuwe initiële sleutel. Komt het terug, dan is het toestel gekopieerd of uit een image hersteld: stuur het terug.",
				FR: "Injectez une nouvelle clé initiale. Si cela revient, l'appareil a été copié ou restauré d'une image : renvoyez-le.",
				IT: "Inietta una nuova chiave iniziale. Se si ripete, il dispositivo è stato copiato o ripristinato da un'immagine: restituiscilo.",
				ES: "Inyecte una clave inicial nueva. Si vuelve a pasar, el equipo fue copiado o restaurado de una imagen: devuélvalo.",
			},
		},
		Developer: "The request never reached the acquirer; nothing was taken. It is nothing that the cash register can change.",
		Runbook:   "The DUKPT counter (KSN) did not rise. A battery that dies while a key is written wastes a key and never repeats one: suspect a copy.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !gaveUp(c.Order, kassa.KeyReplay) {
				return doctor.No("each payment came with a key of its own")
			}
			return doctor.Found(nil, ended(c, "its key had been used before, and the cloud refused it"))
		},
	}
}
