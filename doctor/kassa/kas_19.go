package kassa

import (
	"slices"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
)

// keysUsedUp is KAS-19: the terminal has no key left for a payment, though its secure module is well.
func keysUsedUp() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-19", Code: "keys_used_up", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder + 4, Who: doctor.Operator, Contact: doctor.PointOfSale,
		Symptoms: []string{"configuration error", "terminal not ready"},
		Explains: []string{"config_error", "expired_no_card"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal has used up its payment keys",
				NL: "De terminal heeft zijn betaalsleutels opgebruikt",
				FR: "Le terminal a épuisé ses clés de paiement",
				IT: "Il terminale ha esaurito le chiavi di pagamento",
				ES: "El terminal ha agotado sus claves de pago",
			},
			Shop: doctor.Text{
				EN: "This terminal needs new keys before it can take cards again; use another terminal and call support.",
				NL: "Deze terminal heeft nieuwe sleutels nodig voordat hij weer kaarten kan aannemen; gebruik een andere terminal en bel support.",
				FR: "Ce terminal a besoin de nouvelles clés avant de pouvoir accepter des cartes ; utilisez un autre terminal et appelez l'assistance.",
				IT: "A questo terminale servono chiavi nuove prima di poter accettare carte; usa un altro terminale e chiama l'assistenza.",
				ES: "Este terminal necesita claves nuevas antes de poder aceptar tarjetas; use otro terminal y llame a soporte.",
			},
			Fix: doctor.Text{
				EN: "Start a remote key injection for it: Settings, Advanced, Key Injection on the device, or from the terminal's page.",
				NL: "Start een sleutelinjectie op afstand: Instellingen, Geavanceerd, Sleutelinjectie op het toestel, of vanaf de terminalpagina.",
				FR: "Lancez une injection de clé à distance : Paramètres, Avancé, Injection de clé sur l'appareil, ou depuis sa page.",
				IT: "Avvia un'iniezione remota della chiave: Impostazioni, Avanzate, Iniezione chiave sul dispositivo, o dalla sua pagina.",
				ES: "Inicie una inyección remota de clave: Ajustes, Avanzado, Inyección de clave en el equipo, o desde su página.",
			},
		},
		Developer: "The terminal ended the order with poi_unable after a card was presented; nothing was taken.",
		Runbook:   "A DUKPT initial key is good for a bounded number of payments. The terminal read the card and had no key for it: its reader, its sensors and its initial key are all well.",
		Look: func(c *doctor.Chart) doctor.Sign {
			o := c.Order
			switch {
			case o.End != kassa.POIUnable:
				return doctor.No("the terminal did not end the order by itself")
			case o.ShownAt.IsZero():
				return doctor.No("the terminal never came as far as a card")
			}
			t, ok := toldAround(c)
			switch {
			case !ok:
				return doctor.NotKnown(doctor.NeedTelemetry, "the terminal has not told how it is")
			case !t.CardReader || !t.PED || !t.Security || t.Tampered != "" || t.IKID == "":
				return doctor.No("its reader or its secure module was out of order")
			}
			return doctor.Found(past.Args(c), ended(c, "the terminal read a card and had no key for the payment"),
				past.Reported(t, "its card reader, PIN pad and secure module are well, and it holds the initial key "+t.IKID))
		},
	}
}

// toldAround gives what the device told of itself last before it ended the order, or so soon afterwards that it was
// so then too: what it told before it had its key says nothing of an order that it showed with one.
func toldAround(c *doctor.Chart) (doctor.Telemetry, bool) {
	const soon = time.Minute
	for _, t := range slices.Backward(past.All(c)) {
		if !t.At.After(c.Order.EndedAt.Add(soon)) {
			return t, true
		}
	}
	return doctor.Telemetry{}, false
}
