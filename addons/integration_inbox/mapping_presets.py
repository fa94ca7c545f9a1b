"""Mappings to begin with, for what well-known partners send; an admin goes on from there."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Preset:
    """:ivar mapping: JSONata. :ivar sample: ``body`` and ``headers`` to try it on before anything came."""

    title: str
    mapping: str
    sample: dict = field(default_factory=dict)


PRESETS = {
    "github": Preset(
        "GitHub",
        """{
  "type": "github." & $headers.`x-github-event`,
  "id": $headers.`x-github-delivery`,
  "subject": repository.full_name,
  "data": $
}""",
        {
            "headers": {
                "x-github-event": "push",
                "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            },
            "body": {"ref": "refs/heads/main", "repository": {"full_name": "nordwind/line-2"}},
        },
    ),
    "stripe": Preset(
        "Stripe: payments",
        """type = "payment_intent.succeeded" ? {
  "type": "commerce.payment.confirmed",
  "id": id,
  "subject": data.object.metadata.order,
  "time": $fromMillis(created * 1000),
  "data": {
    "order": data.object.metadata.order,
    "amount": {"value": $string(data.object.amount_received / 100), "currency": $uppercase(data.object.currency)},
    "reference": data.object.id
  }
}""",
        {
            "body": {
                "id": "evt_1Pgc76LkdIwHu7ix",
                "type": "payment_intent.succeeded",
                "created": 1763730000,
                "data": {
                    "object": {
                        "id": "pi_3Pgc76LkdIwHu7ix",
                        "amount_received": 129900,
                        "currency": "eur",
                        "metadata": {"order": "S00042"},
                    }
                },
            }
        },
    ),
    "shopify": Preset(
        "Shopify: orders",
        """$headers.`x-shopify-topic` = "orders/create" ? {
  "type": "commerce.order.placed",
  "id": $headers.`x-shopify-webhook-id`,
  "subject": name,
  "time": created_at,
  "data": {
    "order": name,
    "customer": {"name": customer.first_name & " " & customer.last_name, "email": email},
    "lines": [line_items.{
      "product": sku,
      "quantity": {"value": quantity, "unit": "C62"},
      "price": {"value": price, "currency": %.currency}
    }]
  }
}""",
        {
            "headers": {
                "x-shopify-topic": "orders/create",
                "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
            },
            "body": {
                "name": "#1042",
                "email": "einkauf@nordwind.example",
                "created_at": "2026-11-20T16:15:47+01:00",
                "currency": "EUR",
                "customer": {"first_name": "Jonas", "last_name": "Petersen"},
                "line_items": [{"sku": "FURN_7800", "quantity": 2, "price": "649.50"}],
            },
        },
    ),
    "slack": Preset(
        "Slack",
        """{
  "type": "slack." & (event.type ? event.type : type),
  "id": event_id,
  "subject": event.channel,
  "data": $
}""",
        {
            "body": {
                "type": "event_callback",
                "event_id": "Ev08MFMKH6",
                "event": {"type": "app_mention", "channel": "C0LAN2Q65", "text": "Line 2 is down"},
            }
        },
    ),
    "easypost": Preset(
        "EasyPost: parcels",
        """(
  $stage := $lookup({
    "pre_transit": "accepted", "in_transit": "in_transit", "out_for_delivery": "in_transit",
    "delivered": "delivered", "return_to_sender": "returned", "failure": "exception", "error": "exception"
  }, result.status);
  description = "tracker.updated" and $stage ? {
    "type": "carrier.shipment." & $stage,
    "id": id,
    "subject": result.tracking_code,
    "time": result.updated_at,
    "data": {
      "tracking_number": result.tracking_code,
      "carrier": result.carrier,
      "shipment": result.shipment_id,
      "occurred_at": result.updated_at,
      "signed_by": result.signed_by
    }
  }
)""",
        {
            "body": {
                "id": "evt_12345678901234567890123456789012",
                "description": "tracker.updated",
                "result": {
                    "tracking_code": "9405500207552011812894",
                    "status": "delivered",
                    "carrier": "USPS",
                    "shipment_id": "shp_82d5637d74404d1595eacdc7e5ca9273",
                    "updated_at": "2026-11-20T10:07:43Z",
                    "signed_by": "J. Petersen",
                },
            }
        },
    ),
    "b2mml": Preset(
        "B2MML: production performance (ISA-95)",
        """SyncProductionPerformance.DataArea.ProductionPerformance.ProductionResponse.(
  $order := ID;
  SegmentResponse.{
    "type": "execution.operation.completed",
    "subject": $order,
    "data": {
      "order": $order,
      "operation": $order & "/" & ID,
      "completed_at": ActualEndTime,
      "good": {
        "value": $sum(MaterialActual[MaterialUse = "Produced"].Quantity.$number(QuantityString)),
        "unit": MaterialActual[MaterialUse = "Produced"][0].Quantity.UnitOfMeasure
      }
    }
  }
)""",
    ),
    "epcis": Preset(
        "EPCIS 2.0: goods seen",
        """epcisBody.eventList.{
  "type": "logistics.goods." & $lowercase($replace(type, "Event", "")),
  "id": eventID,
  "subject": readPoint.id,
  "time": eventTime,
  "data": $
}""",
    ),
}
