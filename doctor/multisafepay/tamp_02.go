package multisafepay

import (
	"kassa/doctor"
)

// deliveryCheck is TAMP-02: a device that somebody may have handled on its way is looked at before it takes cards.
func deliveryCheck() doctor.Rule {
	return doctor.Rule{
		ID: "TAMP-02", Code: "delivery_check", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Rank: doctor.RankNotice + 9, Who: doctor.Shop, Contact: doctor.PointOfSale,
		Symptoms: []string{"seal broken", "new terminal", "delivery check", "box was open"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The device may have been handled on its way",
				NL: "Iemand heeft mogelijk onderweg aan het apparaat gezeten",
				FR: "L'appareil a peut-être été manipulé en chemin",
				IT: "Il dispositivo potrebbe essere stato manomesso durante il trasporto",
				ES: "Puede que alguien haya manipulado el dispositivo por el camino",
			},
			Shop: doctor.Text{
				EN: "Do not use a terminal whose seal is broken or that looks different from the picture: put it aside and call support.",
				NL: "Gebruik geen terminal waarvan het zegel kapot is of die er anders uitziet dan op de foto: leg hem opzij en bel support.",
				FR: "N'utilisez pas un terminal dont le scellé est rompu ou qui diffère de la photo : mettez-le de côté et appelez l'assistance.",
				IT: "Non usare un terminale con il sigillo rotto o diverso dalla foto: mettilo da parte e chiama l'assistenza.",
				ES: "No use un terminal con el precinto roto o distinto de la foto: apártelo y llame a soporte.",
			},
			Fix: doctor.Text{
				EN: "Compare seal, serial, weight and every side with the pictures of the delivery; report what differs with photographs before it is activated.",
				NL: "Vergelijk zegel, serienummer, gewicht en elke zijde met de foto's van de levering; meld verschillen met foto's voordat hij wordt geactiveerd.",
				FR: "Comparez le scellé, le numéro de série, le poids et chaque face avec les photos de livraison ; signalez tout écart avec des photos avant l'activation.",
				IT: "Confronta sigillo, numero di serie, peso e ogni lato con le foto della consegna; segnala le differenze con fotografie prima dell'attivazione.",
				ES: "Compare el precinto, el número de serie, el peso y cada lado con las fotos de la entrega; comunique las diferencias con fotografías antes de activarlo.",
			},
			Question: doctor.Text{
				EN: "Is the seal broken, or does the device look or weigh different from the delivery pictures?",
				NL: "Is het zegel kapot, of ziet of weegt het apparaat anders dan op de leveringsfoto's?",
				FR: "Le scellé est-il rompu, ou l'aspect ou le poids diffère-t-il des photos de livraison ?",
				IT: "Il sigillo è rotto, o l'aspetto o il peso è diverso dalle foto della consegna?",
				ES: "¿Está roto el precinto, o el aspecto o el peso es distinto del de las fotos de la entrega?",
			},
		},
		Runbook: "A yes is a security incident: block the terminal, keep the device, and open a case with the pictures.",
	}
}
