package network

import (
	"fmt"
	"strconv"

	"kassa/doctor"
	"kassa/doctor/past"
)

// routerOfShop is NET-07: all terminals of a place are away at once, while others are there: its router or its
// line.
func routerOfShop() doctor.Rule {
	return doctor.Rule{
		ID: "NET-07", Code: "router_of_shop", Source: doctor.FromNetwork, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedReach, doctor.NeedFleet}, Rank: doctor.RankNetwork - 5, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"all terminals", "no internet", "disconnected"},
		Explains: []string{"wifi_lost", "weak_signal", "never_delivered", "terminal_offline", "send_failed", "link_unstable", "outbound_blocked", "dns_blocked", "smartpad_no_network", "smartpad_power_cable", "battery_low_radio_off"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "All terminals of the shop are away: it is the router",
				NL: "Alle terminals van de winkel zijn weg: het is de router",
				FR: "Tous les terminaux du magasin sont absents : c'est le routeur",
				IT: "Mancano tutti i terminali del negozio: è il router",
				ES: "Faltan todos los terminales de la tienda: es el router",
			},
			Shop: doctor.Text{
				EN: "All {count} terminals here lost their connection: restart the router, and call your internet provider when that does not help.",
				NL: "Alle {count} terminals hier zijn hun verbinding kwijt: herstart de router en bel uw internetprovider als dat niet helpt.",
				FR: "Les {count} terminaux d'ici ont perdu leur connexion : redémarrez le routeur et appelez votre fournisseur d'accès si cela n'aide pas.",
				IT: "Tutti i {count} terminali qui hanno perso il collegamento: riavvia il router e, se non basta, chiama il fornitore di internet.",
				ES: "Los {count} terminales de aquí perdieron la conexión: reinicie el router y llame a su proveedor de internet si no ayuda.",
			},
			Fix: doctor.Text{
				EN: "Look at the router's power and cables, then at the provider's outage page. A mobile connection as a spare keeps the shop going.",
				NL: "Kijk naar stroom en kabels van de router, dan naar de storingspagina van de provider. Een mobiele reserveverbinding houdt de winkel draaiend.",
				FR: "Vérifiez l'alimentation et les câbles du routeur, puis la page d'incidents du fournisseur. Une liaison mobile de secours maintient le magasin.",
				IT: "Controlla corrente e cavi del router, poi la pagina guasti del fornitore. Una connessione mobile di riserva tiene aperto il negozio.",
				ES: "Revise la corriente y los cables del router y luego la página de averías del proveedor. Una conexión móvil de reserva mantiene la tienda.",
			},
		},
		Developer: "Every terminal of the shop is offline; orders wait and expire. Nothing in the requests causes it.",
		Runbook:   "Power cut, router or line. Other shops are online, so that it is not this installation. The terminals' own words come when they are back.",
		Look: func(c *doctor.Chart) doctor.Sign {
			o := past.Order(c)
			g, ok := past.Without(c)
			f := c.Fleet
			switch {
			case o != nil && o.Status.Final() && past.NeedsLink(c) && ok && !g.Until.IsZero():
				return doctor.NotKnown(doctor.NeedFleet, "the shop is back; how many were away then is not known")
			case !past.NeedsLink(c):
				return past.LinkWasThere()
			case !ok || !g.Until.IsZero() || !g.Broke():
				return doctor.No("the terminal did not lose its link")
			}
			place, all, away := "shop", f.SameShop, f.SameShopOffline
			if all < 2 || away < all {
				place, all, away = "address", f.SameAddress, f.SameAddressOffline
			}
			switch {
			case all < 2:
				return doctor.No("it is the only terminal of its shop and address")
			case away < all:
				return doctor.No(fmt.Sprintf("%d of %d terminals of its %s are there", all-away, all, place))
			}
			args := past.Args(c)
			args["count"] = strconv.Itoa(all)
			evidence := []doctor.Evidence{g.Evidence(), {At: c.Now, Source: "link", Says: fmt.Sprintf("all %d terminals of its %s are offline, %d of %d in all", all, place, f.Offline, f.Terminals)}}
			if f.Offline < f.Terminals {
				return doctor.Found(args, evidence...)
			}
			return doctor.Likely(args, evidence...)
		},
	}
}
