package multisafepay

import (
	"kassa/doctor"
)

// softPOSAborted is APP-04: a phone starts no payment from the background.
func softPOSAborted() doctor.Rule {
	return doctor.Rule{
		ID: "APP-04", Code: "softpos_aborted", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Rank: doctor.RankTerminal + 9, Who: doctor.Developer,
		Symptoms: []string{"SoftPOS launch aborted", "no foreground activity"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The payment on the phone was started from the background",
				NL: "De betaling op de telefoon is vanaf de achtergrond gestart",
				FR: "Le paiement sur le téléphone a été lancé en arrière-plan",
				IT: "Il pagamento sul telefono è partito in secondo piano",
				ES: "El pago en el teléfono se inició en segundo plano",
			},
			Shop: doctor.Text{
				EN: "Bring the app to the front and start the payment again.",
				NL: "Haal de app naar voren en start de betaling opnieuw.",
				FR: "Ramenez l'application au premier plan et relancez le paiement.",
				IT: "Porta l'app in primo piano e avvia di nuovo il pagamento.",
				ES: "Traiga la aplicación al frente e inicie de nuevo el pago.",
			},
			Fix: doctor.Text{
				EN: "Call initiateRemotePayment() while an activity of the app is in the foreground.",
				NL: "Roep initiateRemotePayment() aan terwijl een activity van de app op de voorgrond staat.",
				FR: "Appelez initiateRemotePayment() quand une activité de l'application est au premier plan.",
				IT: "Chiama initiateRemotePayment() mentre un'activity dell'app è in primo piano.",
				ES: "Llame a initiateRemotePayment() mientras una actividad de la aplicación está en primer plano.",
			},
			Question: doctor.Text{
				EN: "Was the app in the background, or the phone locked, when the payment began?",
				NL: "Stond de app op de achtergrond, of was de telefoon vergrendeld, toen de betaling begon?",
				FR: "L'application était-elle en arrière-plan, ou le téléphone verrouillé, au début du paiement ?",
				IT: "L'app era in secondo piano, o il telefono bloccato, quando è partito il pagamento?",
				ES: "¿Estaba la aplicación en segundo plano, o el teléfono bloqueado, al empezar el pago?",
			},
		},
		Runbook: "The log of the phone names the aborted launch.",
	}
}
