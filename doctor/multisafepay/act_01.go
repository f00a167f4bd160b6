package multisafepay

import (
	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
	"kassa/estate"
)

// notOnboarded is ACT-01: no device is activated as the terminal, so that nothing can be shown anywhere.
func notOnboarded() doctor.Rule {
	return doctor.Rule{
		ID: "ACT-01", Code: "not_onboarded", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal, doctor.Order},
		Needs: []doctor.Need{doctor.NeedTerminal}, Rank: doctor.RankTerminal + 2, Who: doctor.Shop, Contact: doctor.PointOfSale,
		Symptoms: []string{"not onboarded", "activate", "enter the activation code", "order placed, not shown on the terminal"},
		Explains: []string{"never_delivered", "terminal_offline", "send_failed", "cloud_icon_missing"},
		Action:   doctor.Action{Label: "Get an activation code", Href: "/terminals/{terminal}"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal has not been activated", NL: "De terminal is niet geactiveerd", FR: "Le terminal n'est pas activé",
				IT: "Il terminale non è attivato", ES: "El terminal no está activado",
			},
			Shop: doctor.Text{
				EN: "No device is activated as {name} yet: open the payment app on the terminal and scan the activation code, or type it in.",
				NL: "Er is nog geen apparaat geactiveerd als {name}: open de betaalapp op de terminal en scan de activeringscode, of typ hem in.",
				FR: "Aucun appareil n'est encore activé comme {name} : ouvrez l'application de paiement du terminal et scannez le code d'activation, ou saisissez-le.",
				IT: "Nessun dispositivo è ancora attivato come {name}: apri l'app di pagamento sul terminale e inquadra il codice di attivazione, o digitalo.",
				ES: "Ningún dispositivo está activado todavía como {name}: abra la aplicación de pago en el terminal y escanee el código de activación, o escríbalo.",
			},
			Fix: doctor.Text{
				EN: "Make a new activation code for {name} and activate the device with it. If that fails, give support the account id, the serial, a description and pictures of the screen.",
				NL: "Maak een nieuwe activeringscode voor {name} en activeer het apparaat daarmee. Lukt dat niet, geef support dan het account-id, het serienummer, een beschrijving en foto's van het scherm.",
				FR: "Créez un nouveau code d'activation pour {name} et activez l'appareil avec celui-ci. En cas d'échec, transmettez à l'assistance l'identifiant du compte, le numéro de série, une description et des photos de l'écran.",
				IT: "Crea un nuovo codice di attivazione per {name} e attiva il dispositivo con quello. Se non riesce, fornisci all'assistenza l'id dell'account, il numero di serie, una descrizione e foto dello schermo.",
				ES: "Cree un nuevo código de activación para {name} y active el dispositivo con él. Si no funciona, facilite a soporte el id de la cuenta, el número de serie, una descripción y fotos de la pantalla.",
			},
		},
		Developer: "Terminal {terminal} has no device. Orders for it are taken and wait; list the terminals to see which are active.",
		Runbook:   "See the refused activations: a wrong, used or expired code is a new code; a device that has no keys or was tampered with is its own cause.",
		Look: func(c *doctor.Chart) doctor.Sign {
			t := c.Terminal
			switch o := past.Order(c); {
			case o != nil && (o.Status == kassa.Completed || o.POIID != "" || !o.ShownAt.IsZero()):
				return doctor.No("a device was activated as the terminal when the order was made")
			case o != nil && !t.ActivatedAt.IsZero() && t.ActivatedAt.Before(o.CreatedAt):
				return doctor.No("a device was activated as the terminal at " + past.Instant(t.ActivatedAt))
			case o == nil && t.POIID != "":
				return doctor.No("device " + t.POIID + " was activated as it at " + past.Instant(t.ActivatedAt))
			case t.Retired:
				return doctor.No("the terminal is out of use for good")
			}
			first := c.Recorded("estate", "terminal/"+t.TID, "made, and no device was activated as it", "TerminalBoarded")
			if first.At.IsZero() {
				first.At = t.CreatedAt
			}
			if !t.UnboundAt.IsZero() {
				first = c.Recorded("estate", "terminal/"+t.TID, "its device was taken from it, and no other was activated since", "TerminalUnbound")
				if first.At.IsZero() {
					first.At = t.UnboundAt
				}
			}
			evidence := []doctor.Evidence{first}
			if e, ok := c.Last("ActivationRefused"); ok {
				refused, _ := doctor.Read[estate.ActivationRefused](e)
				evidence = append(evidence, doctor.Entry(e, "terminal", "an activation by "+refused.POIID+" was refused: "+estate.Refusal{Code: refused.Reason}.Text()))
			}
			return doctor.Found(about(c), evidence...)
		},
	}
}
