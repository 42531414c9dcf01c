package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"sirocco/hub"
	"sirocco/store"
)

type deliveryCommand struct {
	List   deliveryListCommand   `cmd:"" help:"List what was, is or could not be written back over a connection."`
	Replay deliveryReplayCommand `cmd:"" help:"Write a delivery back again, or all that failed."`
	Settle deliverySettleCommand `cmd:"" help:"Say whether a note is in the CRM that was sent, but is not proven to be there."`
}

type deliveryListCommand struct {
	connectionFlag
	State string `enum:",pending,confirming,sent,failed,canceled" default:"" env:"-" placeholder:"STATE" help:"Only what is pending, confirming, sent, failed or canceled."`
	Limit int    `default:"20" env:"-" placeholder:"N" help:"How many, the latest first (${default})."`
	JSON  bool   `help:"Print one line of JSON for each." env:"-"`
}

// deliveryLine is how a delivery is printed as JSON.
type deliveryLine struct {
	ID          string            `json:"id"`
	RecordingID string            `json:"recordingId"`
	Model       hub.Model         `json:"modelName"`
	ExternalID  string            `json:"externalId"`
	State       hub.DeliveryState `json:"state"`
	Attempts    int               `json:"attempts"`
	Explanation string            `json:"explanation"`
	Error       string            `json:"error,omitempty"`
}

func (c *deliveryListCommand) Run(ctx context.Context) error {
	return c.reading(ctx, func(st *store.Store, conn hub.Connection) error {
		found, err := st.Deliveries(ctx, conn.OrganizationID, store.DeliveryFilter{
			ConnectionID: conn.ID, State: hub.DeliveryState(strings.ToUpper(c.State)), Limit: min(max(c.Limit, 1), listPage),
		})
		if err != nil {
			return err
		}
		for _, d := range found {
			said := d.Explain(conn, st.Now())
			if c.JSON {
				line := deliveryLine{d.ID, d.RecordingID, d.Model, d.ExternalID, d.State, d.Attempts, said, d.Error}
				if err := printJSON(line); err != nil {
					return err
				}
				continue
			}
			fmt.Printf("%s  recording %s  %s %s  %s\n  %s\n", d.ID, d.RecordingID, d.Model, d.ExternalID, d.State, said)
			if d.Error != "" {
				fmt.Printf("  %s\n", d.Error)
			}
		}
		return nil
	})
}

type deliveryReplayCommand struct {
	connectionFlag
	Delivery string `arg:"" optional:"" help:"The delivery's id, as sirocco delivery list prints it; without it, all that failed."`
}

func (c *deliveryReplayCommand) Run(ctx context.Context) error {
	return c.with(ctx, func(st *store.Store, conn hub.Connection) error {
		if c.Delivery != "" {
			d, err := st.ReplayDelivery(ctx, conn.OrganizationID, c.Delivery)
			if errors.Is(err, hub.ErrNotFound) {
				return fmt.Errorf("there is no delivery %q; sirocco delivery list %s shows those there are", c.Delivery, conn.ID)
			}
			if err == nil {
				fmt.Println(d.Explain(conn, st.Now()))
			}
			return err
		}
		replayed := 0
		err := eachPage(func(before string) ([]hub.Delivery, error) {
			return st.Deliveries(ctx, conn.OrganizationID, store.DeliveryFilter{
				ConnectionID: conn.ID, State: hub.DeliveryFailed, Before: before, Limit: listPage,
			})
		}, func(d hub.Delivery) string { return d.ID }, func(d hub.Delivery) error {
			_, err := st.ReplayDelivery(ctx, conn.OrganizationID, d.ID)
			if gone, ok := errors.AsType[*hub.ConflictError](err); ok {
				fmt.Printf("%s stays as it is: %s\n", d.ID, gone.Error())
				return nil
			}
			if err == nil {
				replayed++
			}
			return err
		})
		fmt.Println(counted(replayed, "delivery is", "deliveries are"), "sent again.")
		return err
	})
}

type deliverySettleCommand struct {
	connectionFlag
	Delivery string `arg:"" help:"The delivery's id, as sirocco delivery list prints it."`
	Outcome  string `arg:"" enum:"there,absent" help:"there, or absent: then it is sent again."`
	Note     string `env:"-" placeholder:"ID" help:"The CRM's id of the note, where it is known."`
}

func (c *deliverySettleCommand) Run(ctx context.Context) error {
	return c.with(ctx, func(st *store.Store, conn hub.Connection) error {
		d, err := st.SettleDelivery(ctx, conn.OrganizationID, c.Delivery, c.Outcome == "there", c.Note)
		if errors.Is(err, hub.ErrNotFound) {
			return fmt.Errorf("there is no delivery %q; sirocco delivery list %s shows those there are", c.Delivery, conn.ID)
		}
		if err == nil {
			fmt.Println(d.Explain(conn, st.Now()))
		}
		return err
	})
}
