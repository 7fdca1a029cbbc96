"""Contracts of the money tables: who pays, how much, and what it costs."""

from cxkit.tables.contract import Contract, Rule, col, not_before

CURRENCY = col("currency", "text", "ISO 4217 code; the client's currency when absent", synonyms=("ccy", "curr"))
ACCOUNT = col(
    "account_id",
    "id",
    "the paying customer",
    required=True,
    references="accounts.account_id",
    synonyms=(
        "customer",
        "customer_id",
        "client_id",
        "account",
        "subscriber",
        "household",
        "cust_id",
        "user_id",
    ),
)

ACCOUNTS = Contract(
    name="accounts",
    group="money",
    meaning="The customers who pay",
    grain="one row per customer",
    key=("account_id",),
    appearance="started",
    columns=(
        col("account_id", "id", "the paying customer", required=True, synonyms=ACCOUNT.synonyms),
        col(
            "account_name",
            "text",
            "name of the customer",
            personal="name",
            synonyms=("company", "name", "customer_name"),
        ),
        col(
            "started",
            "date",
            "first day as a customer",
            required=True,
            synonyms=("start_date", "signup_date", "created", "since", "joined"),
        ),
        col(
            "ended",
            "date",
            "last day as a customer; empty while active",
            known_from="ended",
            synonyms=("end_date", "churn_date", "closed", "left", "cancelled_at"),
        ),
        col("end_reason", "text", "why the customer left", known_from="ended", synonyms=("churn_reason",)),
        col(
            "segment",
            "text",
            "commercial segment",
            current_state=True,
            synonyms=("tier", "class", "customer_type"),
        ),
        col("product", "text", "main product or plan", current_state=True, synonyms=("plan",)),
        col(
            "region",
            "text",
            "sales or service region",
            current_state=True,
            synonyms=("country", "area", "state"),
        ),
        col("business_unit", "text", "unit of the client that serves this customer", current_state=True),
    ),
    rules=(not_before("ended", "started", "a customer leaves after joining"),),
    unlocks=("segments and regions in every figure", "customers who joined and left inside the window"),
    synonyms=("customers", "customer", "account", "clients", "households", "subscribers"),
)

SUBSCRIPTIONS = Contract(
    name="subscriptions",
    group="money",
    meaning="Recurring contracts as spells of time",
    grain="one row per subscription and price",
    key=("subscription_id", "started"),
    appearance="started",
    columns=(
        col("subscription_id", "id", "the contract", required=True, synonyms=("contract_id", "sub_id")),
        ACCOUNT,
        col("started", "date", "first day of this spell", required=True, synonyms=("start_date", "valid_from")),
        col(
            "ended",
            "date",
            "last day of this spell; empty while running",
            known_from="ended",
            synonyms=("end_date", "valid_to", "cancelled_at"),
        ),
        col("end_reason", "text", "why the spell ended", known_from="ended"),
        col(
            "mrr",
            "money",
            "recurring revenue per month",
            required=True,
            low=0,
            synonyms=("monthly_fee", "monthly_price", "mrr_amount", "price"),
        ),
        CURRENCY,
        col("product", "text", "product or plan", synonyms=("plan",)),
    ),
    rules=(not_before("ended", "started", "a spell ends after it starts"),),
    unlocks=("GRR, NRR and churn, to the day",),
    synonyms=("contracts", "subs"),
)

REVENUE = Contract(
    name="revenue",
    group="money",
    meaning="Recurring revenue per customer and month",
    grain="one row per customer, product and month",
    key=("account_id", "month", "product"),
    appearance="month",
    columns=(
        ACCOUNT,
        col(
            "month",
            "month",
            "the month the revenue belongs to",
            required=True,
            synonyms=("period", "date", "billing_month"),
        ),
        col(
            "mrr",
            "money",
            "recurring revenue of the month",
            required=True,
            synonyms=("amount", "revenue", "recurring_revenue", "fee"),
        ),
        col("one_off", "money", "revenue of the month that will not recur", synonyms=("setup_fee", "one_time")),
        CURRENCY,
        col("product", "text", "product or plan", synonyms=("plan",)),
        col("restated", "date", "day on which the month's value was corrected", known_from="restated"),
        col("restated_mrr", "money", "the corrected value, in force from `restated`", known_from="restated"),
    ),
    rules=(
        Rule(
            id="mrr_not_negative",
            predicate='"mrr" >= 0',
            columns=("mrr",),
            severity="error",
            says="recurring revenue of a month is not negative",
            fix="credit notes belong in invoices with kind credit_note; one-off fees in one_off",
        ),
    ),
    unlocks=("GRR, NRR, logo churn and the revenue block of every business case",),
    owner_role="CX Council/Finance",
    synonyms=("billing", "mrr", "recurring"),
)

INVOICES = Contract(
    name="invoices",
    group="money",
    meaning="Invoice lines with the period they pay for",
    grain="one row per invoice line",
    key=("invoice_id", "line"),
    appearance="issued",
    columns=(
        col(
            "invoice_id",
            "id",
            "the invoice",
            required=True,
            synonyms=("invoice", "invoice_no", "document_no"),
        ),
        col("line", "id", "line of the invoice; 1 when there is only one"),
        ACCOUNT,
        col("issued", "date", "invoice date", required=True, synonyms=("invoice_date", "date", "posted")),
        col("service_start", "date", "first day the line pays for", synonyms=("period_start", "from")),
        col("service_end", "date", "last day the line pays for", synonyms=("period_end", "to")),
        col(
            "amount",
            "money",
            "net amount; credit notes are negative",
            required=True,
            synonyms=("net", "total"),
        ),
        col(
            "kind",
            "text",
            "what the line is",
            required=True,
            allowed=("recurring", "one_off", "usage", "credit_note"),
            synonyms=("type", "line_type"),
        ),
        CURRENCY,
        col("product", "text", "product or plan"),
    ),
    rules=(
        not_before("service_end", "service_start", "a service period"),
        Rule(
            id="recurring_has_period",
            predicate='"kind" <> \'recurring\' OR ("service_start" IS NOT NULL AND "service_end" IS NOT NULL)',
            columns=("kind", "service_start", "service_end"),
            says="a recurring line says which period it pays for",
            fix="export the service period; without it retention is not assessed",
        ),
    ),
    unlocks=("GRR and NRR where no revenue table exists",),
    owner_role="CX Council/Finance",
    synonyms=("invoice_lines",),
)

ORDERS = Contract(
    name="orders",
    group="money",
    meaning="Purchases of customers without a contract",
    grain="one row per order line",
    key=("order_id", "line", "product"),
    appearance="ordered",
    columns=(
        col("order_id", "id", "the order", synonyms=("order", "order_no", "transaction_id")),
        col("line", "id", "line of the order, where it has several"),
        ACCOUNT,
        col(
            "ordered",
            "timestamp",
            "when it was placed",
            required=True,
            synonyms=("order_date", "date", "purchased_at", "created"),
        ),
        col(
            "amount",
            "money",
            "net value",
            required=True,
            low=0,
            synonyms=("dollars", "value", "total", "revenue", "price"),
        ),
        col("quantity", "number", "units bought", low=0, synonyms=("cds", "units", "qty", "items")),
        col("product", "text", "product or category", synonyms=("sku", "item", "category")),
        CURRENCY,
        col("channel", "text", "where it was placed"),
        col("returned", "date", "day it was sent back", known_from="returned"),
    ),
    rules=(
        Rule(
            id="order_has_value",
            predicate='"amount" > 0',
            columns=("amount",),
            severity="warning",
            says="an order has a value above zero",
            fix="confirm zero-value orders are gifts or replacements, not failed payments",
        ),
    ),
    unlocks=("repeat purchase, order volume and lifetime value",),
    synonyms=("transactions", "purchases", "sales"),
)

COSTS = Contract(
    name="costs",
    group="money",
    meaning="Costs by month and category",
    grain="one row per month, category and unit",
    key=("month", "category", "business_unit"),
    appearance="month",
    columns=(
        col("month", "month", "the month the cost belongs to", required=True, synonyms=("period", "date")),
        col("category", "text", "cost category", required=True, synonyms=("cost_type", "line")),
        col("amount", "money", "cost, positive", required=True, synonyms=("cost", "value")),
        col("serves", "boolean", "whether it is a cost to serve existing customers; true when absent"),
        col(
            "driver",
            "text",
            "what drives it",
            allowed=("contacts", "handling", "visits", "returns", "credits", "overhead"),
        ),
        col("business_unit", "text", "unit that bears it"),
        CURRENCY,
        col("restated", "date", "day on which the value was corrected", known_from="restated"),
        col("restated_amount", "money", "the corrected value, in force from `restated`", known_from="restated"),
    ),
    unlocks=("cost-to-serve and the cost block of every business case",),
    owner_role="CX Council/Finance",
    synonyms=("cost", "opex", "service_costs"),
)

PNL = Contract(
    name="pnl",
    group="money",
    meaning="The profit and loss account by month",
    grain="one row per month and line",
    key=("month", "line"),
    appearance="month",
    columns=(
        col("month", "month", "accounting month", required=True, synonyms=("period", "date")),
        col("line", "text", "line of the P&L", required=True, synonyms=("account", "item", "gl_line")),
        col(
            "kind",
            "text",
            "what the line is",
            required=True,
            allowed=(
                "recurring_revenue",
                "other_revenue",
                "service_cost",
                "cost_of_goods",
                "acquisition_cost",
                "other_cost",
            ),
        ),
        col("amount", "money", "amount; costs are positive", required=True, synonyms=("value", "actual")),
        CURRENCY,
        col("restated", "date", "day on which the value was corrected", known_from="restated"),
        col("restated_amount", "money", "the corrected value, in force from `restated`", known_from="restated"),
    ),
    unlocks=("whether revenue and cost tie to the books", "a P&L line for every proven effect"),
    owner_role="CX Council/Finance",
    synonyms=("income_statement", "ledger", "profit_and_loss", "p&l"),
)

MARKET = Contract(
    name="market",
    group="money",
    meaning="Size of the market",
    grain="one row per month and segment",
    key=("month", "segment"),
    appearance="month",
    columns=(
        col("month", "month", "month", required=True),
        col("segment", "text", "segment; all when absent"),
        col("market_revenue", "money", "revenue of all suppliers", required=True),
        CURRENCY,
        col("source", "text", "who estimated it"),
    ),
    unlocks=("market share beside retention",),
)

FX = Contract(
    name="fx",
    group="money",
    meaning="Exchange rates",
    grain="one row per month and pair",
    key=("month", "from_currency", "to_currency"),
    appearance="month",
    columns=(
        col("month", "month", "month the rate is for", required=True),
        col("from_currency", "text", "ISO 4217 code", required=True),
        col("to_currency", "text", "ISO 4217 code", required=True),
        col("rate", "number", "units of `to_currency` for one of `from_currency`", required=True, low=0),
    ),
    rules=(
        Rule(
            id="rate_positive",
            predicate='"rate" > 0',
            columns=("rate",),
            says="a rate is above zero",
            fix="a missing rate is left out, not written as 0",
        ),
    ),
    unlocks=("one currency for clients who bill in several",),
)

CONTRACTS = (ACCOUNTS, SUBSCRIPTIONS, REVENUE, INVOICES, ORDERS, COSTS, PNL, MARKET, FX)
