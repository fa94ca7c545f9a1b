"""Echo is decided per event; events without a company are everybody's; NULL is no word."""


def migrate(cr, version):
    # What a message led to was withheld from its sender: what is stored keeps that.
    # index: integration_event__origin_system_id_index
    cr.execute("UPDATE integration_event SET is_echo = true WHERE origin_system_id IS NOT NULL")
    # Events that a message without trace context led to said "false" where they had nothing to say.
    cr.execute(
        """
        UPDATE integration_event
           SET correlation_id = nullif(correlation_id, 'false'),
               causation_id = nullif(causation_id, 'false'),
               traceparent = nullif(traceparent, 'false')
         WHERE 'false' IN (correlation_id, causation_id, traceparent)
        """
    )
    cr.execute(
        """
        UPDATE ir_rule
           SET domain_force = '[(''company_id'', ''in'', company_ids + [False])]'
          FROM ir_model_data
         WHERE ir_model_data.module = 'integration_outbox' AND ir_model_data.name = 'rule_event_company'
           AND ir_model_data.model = 'ir.rule' AND ir_rule.id = ir_model_data.res_id
        """
    )
