package acquirer

import (
	"kassa/doctor"
)

// keysOutOfStep is RC-88: the host cannot use the keys that PINs and messages are protected with.
func keysOutOfStep() doctor.Rule {
	return doctor.Rule{
		ID: "RC-88", Code: "acquirer_keys_out_of_step", Source: doctor.FromAcquirer, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard + 1, Who: doctor.Operator, Contact: doctor.PointOfSale,
		Symptoms: []string{"configuration error", "81", "88", "89"},
		Explains: []string{"config_error", "card_declined_1000", "wrong_pin", "expired_no_card", "stopped_at_terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The keys shared with the acquirer are out of step",
				NL: "De met de acquirer gedeelde sleutels lopen uit de pas",
				FR: "Les clés partagées avec l'acquéreur ne concordent plus",
				IT: "Le chiavi condivise con l'acquirer non coincidono",
				ES: "Las claves compartidas con el adquirente no coinciden",
			},
			Shop: doctor.Text{
				EN: "The payment network and this installation use different keys; try again in a minute, it is usually mended by itself.",
				NL: "Het betaalnetwerk en deze installatie gebruiken verschillende sleutels; probeer het over een minuut opnieuw, meestal herstelt het zichzelf.",
				FR: "Le réseau de paiement et cette installation utilisent des clés différentes ; réessayez dans une minute, cela se répare en général tout seul.",
				IT: "La rete di pagamento e questa installazione usano chiavi diverse; riprova tra un minuto, di solito si ripara da solo.",
				ES: "La red de pagos y esta instalación usan claves distintas; inténtelo en un minuto, suele arreglarse solo.",
			},
			Fix: doctor.Text{
				EN: "Kassa asks for new keys at once. When it goes on, sign on again with the acquirer and compare the check values of the zone keys.",
				NL: "Kassa vraagt meteen om nieuwe sleutels. Blijft het zo, meld u opnieuw aan bij de acquirer en vergelijk de controlewaarden van de zonesleutels.",
				FR: "Kassa demande aussitôt de nouvelles clés. Si cela persiste, reconnectez-vous à l'acquéreur et comparez les valeurs de contrôle des clés de zone.",
				IT: "Kassa chiede subito nuove chiavi. Se continua, ricollegati all'acquirer e confronta i valori di controllo delle chiavi di zona.",
				ES: "Kassa pide claves nuevas enseguida. Si continúa, vuelva a conectarse con el adquirente y compare los valores de control de las claves de zona.",
			},
		},
		Developer: "The host answered {code}: it could not check the MAC, or could not translate the PIN. Nothing was taken; try again.",
		Runbook:   "81 PIN, 88 key synchronisation, 89 MAC. Look for the alarm \"keys\" and a key change after it. On every terminal at once: the zone keys. On one: its initial key.",
		Look:      misconfigured("81", "88", "89"),
	}
}
