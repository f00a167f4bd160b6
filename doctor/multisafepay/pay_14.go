package multisafepay

import (
	"strings"

	"kassa/doctor"
)

// appUsesCloud is PAY-14: an app on the terminal sends its payments through the cloud.
func appUsesCloud() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-14", Code: "app_uses_cloud", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal, doctor.Key},
		Needs: []doctor.Need{doctor.NeedReach, doctor.NeedCalls}, Rank: doctor.RankOrder + 7, Who: doctor.Developer,
		Symptoms: []string{"odd behaviour of an app on the terminal", "payment covers the app"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "An app on the terminal uses the cloud instead of the payment app",
				NL: "Een app op de terminal gebruikt de cloud in plaats van de betaalapp",
				FR: "Une application du terminal passe par le cloud au lieu de l'application de paiement",
				IT: "Un'app sul terminale usa il cloud invece dell'app di pagamento",
				ES: "Una aplicación del terminal usa la nube en lugar de la aplicación de pago",
			},
			Shop: doctor.Text{
				EN: "The app on the terminal starts payments in a roundabout way; tell who made the app.",
				NL: "De app op de terminal start betalingen via een omweg; meld het aan de maker van de app.",
				FR: "L'application du terminal lance les paiements par un détour ; prévenez son éditeur.",
				IT: "L'app sul terminale avvia i pagamenti per vie traverse; avvisa chi l'ha fatta.",
				ES: "La aplicación del terminal inicia los pagos dando un rodeo; avise a quien la hizo.",
			},
			Fix: doctor.Text{
				EN: "On the same device start payments with an Intent or a deep link (msp://), not with an order for terminal_id.",
				NL: "Start betalingen op hetzelfde apparaat met een Intent of deeplink (msp://), niet met een bestelling voor terminal_id.",
				FR: "Sur le même appareil, lancez les paiements par un Intent ou un lien profond (msp://), pas par une commande avec terminal_id.",
				IT: "Sullo stesso dispositivo avvia i pagamenti con un Intent o un deep link (msp://), non con un ordine per terminal_id.",
				ES: "En el mismo dispositivo inicie los pagos con un Intent o un enlace profundo (msp://), no con un pedido para terminal_id.",
			},
		},
		Developer: "The request came from the address of the terminal with the User-Agent of its own system. Leave gateway_info.terminal_id out and open msp:// with the order_id.",
		Runbook:   "Only refused calls tell their address. A register on Android behind the same router looks the same: ask what runs on the terminal.",
		Look: func(c *doctor.Chart) doctor.Sign {
			host := c.Reach.Address
			if i := strings.LastIndexByte(host, ':'); i >= 0 {
				host = strings.Trim(host[:i], "[]")
			}
			call, _, found := lately(c, func(call doctor.Call) bool {
				return host != "" && call.From == host && call.TerminalID != "" && strings.Contains(call.Agent, "Android")
			})
			if !found {
				return doctor.No("no refused call came from the terminal itself")
			}
			return doctor.Likely(nil, called(call), doctor.Evidence{At: call.At, Source: "call", Seq: call.Entry.Seq, Ref: call.Entry.Stream, Says: "from " + call.From + ", where the terminal is too; User-Agent " + call.Agent})
		},
	}
}
