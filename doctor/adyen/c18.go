package adyen

import (
	"kassa/doctor"
)

// statusOffline is C18: how the status OFFLINE of the Cloud Device API is read: it is the state of the link, and no
// fault of the call.
func statusOffline() doctor.Rule {
	return doctor.Rule{
		ID: "C18", Code: "device_status_offline", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Terminal}, Rank: doctor.RankNotice + 2, Who: doctor.Developer,
		Symptoms: []string{"OFFLINE", "device status"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The device status OFFLINE is the terminal's link",
				NL: "De apparaatstatus OFFLINE gaat over de verbinding van de terminal",
				FR: "L'état OFFLINE de l'appareil est celui de la liaison du terminal",
				IT: "Lo stato OFFLINE del dispositivo è quello del collegamento del terminale",
				ES: "El estado OFFLINE del dispositivo es el del enlace del terminal",
			},
			Shop: doctor.Text{
				EN: "OFFLINE means that the terminal is not connected at this moment: look at its power and network.",
				NL: "OFFLINE betekent dat de terminal op dit moment niet verbonden is: kijk naar stroom en netwerk.",
				FR: "OFFLINE signifie que le terminal n'est pas connecté en ce moment : vérifiez son alimentation et son réseau.",
				IT: "OFFLINE significa che il terminale in questo momento non è collegato: controlla corrente e rete.",
				ES: "OFFLINE significa que el terminal no está conectado en este momento: revise la corriente y la red.",
			},
			Fix: doctor.Text{
				EN: "Ask the status again just before a payment, and show the cashier what it says; the call itself is right.",
				NL: "Vraag de status vlak voor een betaling opnieuw en toon de kassier wat die zegt; de aanroep zelf is goed.",
				FR: "Redemandez l'état juste avant un paiement et montrez-le au caissier ; l'appel lui-même est correct.",
				IT: "Chiedi di nuovo lo stato subito prima di un pagamento e mostralo al cassiere; la chiamata è corretta.",
				ES: "Pida el estado justo antes de un pago y muéstrelo al cajero; la llamada es correcta.",
			},
			Question: doctor.Text{
				EN: "Does GET …/status answer OFFLINE while the terminal's screen shows a cloud icon?",
				NL: "Antwoordt GET …/status OFFLINE terwijl het scherm van de terminal een wolkpictogram toont?",
				FR: "GET …/status répond-il OFFLINE alors que l'écran du terminal montre l'icône de nuage ?",
				IT: "GET …/status risponde OFFLINE mentre lo schermo del terminale mostra l'icona della nuvola?",
				ES: "¿Responde GET …/status OFFLINE mientras la pantalla del terminal muestra el icono de la nube?",
			},
		},
		Runbook: "Both at once: two devices, or two environments. See clone_suspected and the key's environment; otherwise read it as C6.",
	}
}
