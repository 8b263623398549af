/*
 * What nodes have said is given to the pure room, and what that decides is
 * booked.
 *
 * The fold has the last word: a trade that was settled meanwhile, by a person
 * or by the agent of another process, refuses the event, and nothing has
 * happened.
 */

#include "agent/ngx_http_jupref_verify.h"

#include "agent/ngx_http_jupref_accounts.h"
#include "ledger/jupref_upkeep.h"


static ngx_uint_t ngx_http_jupref_judge_shown(ngx_http_jupref_look_t *look);
static void ngx_http_jupref_judge_liars(ngx_http_jupref_look_t *look,
    uint32_t liars);
static void ngx_http_jupref_judge_alarms(ngx_http_jupref_look_t *look,
    jupref_finding_t *finding);
static void ngx_http_jupref_judge_book(ngx_http_jupref_look_t *look,
    jupref_evidence_t *evidence, jupref_finding_t *finding);
static ngx_uint_t ngx_http_jupref_judge_holds(ngx_http_jupref_look_t *look);
static jupref_ledger_result_e ngx_http_jupref_judge_append(
    ngx_http_jupref_look_t *look, jupref_event_t *event);
static void ngx_http_jupref_judge_told(ngx_http_jupref_look_t *look,
    jupref_finding_t *finding, jupref_event_t *event);
static void ngx_http_jupref_judge_refused(ngx_http_jupref_look_t *look,
    jupref_event_t *event, jupref_ledger_result_e result);


jupref_witness_t *
ngx_http_jupref_witness(ngx_http_jupref_look_t *look)
{
    jupref_witness_t  *witness;

    if (look->witness_count == JUPREF_EVIDENCE_NODES) {
        return NULL;
    }

    look->nodes[look->witness_count] = (uint8_t) look->node;
    witness = &look->witnesses[look->witness_count++];
    ngx_memzero(witness, sizeof(jupref_witness_t));

    return witness;
}


void
ngx_http_jupref_judge(ngx_http_jupref_look_t *look)
{
    ngx_uint_t                 left;
    jupref_finding_t           finding;
    jupref_evidence_t          evidence;
    ngx_http_jupref_verify_t  *verify;

    verify = look->verify;
    left = ngx_http_jupref_trust_left(&verify->trust, look->asked);

    if (look->witness_count == JUPREF_EVIDENCE_NODES) {
        left = 0;
    }

    /* who didn't answer is no witness: somebody else may be one */

    if (!look->answered && left) {
        ngx_http_jupref_verify_elsewhere(look);
        return;
    }

    ngx_memzero(&evidence, sizeof(jupref_evidence_t));
    evidence.trade = &look->trade;
    evidence.fee_mint = look->fee_mint;
    evidence.witnesses = look->witnesses;
    evidence.witness_count = look->witness_count;
    evidence.quorum = (unsigned) verify->conf->witnesses;
    evidence.nodes_left = (unsigned) left;
    evidence.now_ms = ngx_http_jupref_now_ms();
    evidence.accounts = verify->accounts;

    /* where nothing is shown nobody looks at them */

    evidence.account_count = ngx_http_jupref_judge_shown(look)
                             ? ngx_http_jupref_pair_accounts(verify,
                                                             &look->trade)
                             : 1;

    jupref_evidence_judge(&evidence, &finding);

    if (finding.liars) {
        ngx_http_jupref_judge_liars(look, finding.liars);
    }

    ngx_http_jupref_judge_alarms(look, &finding);

    switch (finding.verdict) {

    case JUPREF_VERDICT_WAIT:
        ngx_http_jupref_verify_over(look, 0);
        return;

    case JUPREF_VERDICT_ELSEWHERE:

        /* it was judged, its word is kept, and the room is somebody else's */

        if (look->witness_count) {
            look->witnesses[look->witness_count - 1].shown = NULL;
        }

        ngx_http_jupref_verify_elsewhere(look);
        return;

    default:
        ngx_http_jupref_judge_book(look, &evidence, &finding);
        return;
    }
}


static ngx_uint_t
ngx_http_jupref_judge_shown(ngx_http_jupref_look_t *look)
{
    return look->witness_count
           && look->witnesses[look->witness_count - 1].shown;
}


/* What they have said of this trade counts no more. */

static void
ngx_http_jupref_judge_liars(ngx_http_jupref_look_t *look, uint32_t liars)
{
    ngx_uint_t                    i;
    ngx_http_jupref_verify_t     *verify;
    ngx_http_jupref_pool_node_t  *node;

    verify = look->verify;

    for (i = 0; i < look->witness_count; i++) {

        if (!(liars & UINT32_C(1) << i)) {
            continue;
        }

        ngx_memzero(&look->witnesses[i], sizeof(jupref_witness_t));

        (void) ngx_atomic_fetch_add(&verify->proof->lies, 1);

        node = ngx_http_jupref_pool_node(verify->pool, look->nodes[i]);

        if (node == NULL) {
            continue;
        }

        ngx_log_error(NGX_LOG_WARN, verify->log, 0,
                      "jupref: node \"%V\" shows another transaction than "
                      "the one it was asked for, or than most nodes show",
                      &node->name);

        ngx_http_jupref_verify_alarm(verify, &node->name);
        ngx_http_jupref_pool_lied(verify->pool, look->nodes[i]);
        verify->trust.trusted &= ~jupref_pool_bit(look->nodes[i]);
        verify->trust.usable &= ~jupref_pool_bit(look->nodes[i]);
    }
}


/* What nobody can be blamed for, and needs a person. */

static void
ngx_http_jupref_judge_alarms(ngx_http_jupref_look_t *look,
    jupref_finding_t *finding)
{
    if (finding->verdict == JUPREF_VERDICT_ELSEWHERE
        || (finding->reason != JUPREF_REASON_WITNESSES_DISAGREE
            && finding->reason != JUPREF_REASON_FEE_IMPLAUSIBLE))
    {
        return;
    }

    ngx_http_jupref_verify_alarm_of(look->verify, &look->trade,
                                    finding->reason);
}


static void
ngx_http_jupref_judge_book(ngx_http_jupref_look_t *look,
    jupref_evidence_t *evidence, jupref_finding_t *finding)
{
    jupref_event_t          event;
    jupref_ledger_result_e  result;

    ngx_memzero(&event, sizeof(jupref_event_t));

    if (!jupref_evidence_event(evidence, finding, &event)) {
        ngx_http_jupref_verify_over(look, 0);
        return;
    }

    if (event.type == JUPREF_EVENT_TRADE_VERIFIED
        && ngx_http_jupref_judge_holds(look))
    {
        ngx_http_jupref_verify_over(look, 0);
        return;
    }

    result = ngx_http_jupref_judge_append(look, &event);

    switch (result) {

    case JUPREF_LEDGER_OK:
        ngx_http_jupref_judge_told(look, finding, &event);
        ngx_http_jupref_verify_over(look, 1);
        return;

    case JUPREF_LEDGER_WRONG_STATE:
    case JUPREF_LEDGER_TRADE_UNKNOWN:
    case JUPREF_LEDGER_NO_CHANGE:
        ngx_http_jupref_verify_over(look, 1);
        return;

    default:
        ngx_http_jupref_judge_refused(look, &event, result);
        ngx_http_jupref_verify_over(look, 0);
        return;
    }
}


/*
 * Commissions are of the operator's share of the fee as it was when the trade
 * was made.  Where the chain leaves less, they would be of money that never
 * comes: nothing is credited until terms or account are put right.
 */

static ngx_uint_t
ngx_http_jupref_judge_holds(ngx_http_jupref_look_t *look)
{
    size_t                     len;
    uint8_t                    text[JUPREF_SIGNATURE_TEXT];
    ngx_uint_t                 share;
    ngx_http_jupref_verify_t  *verify;

    verify = look->verify;

    if (!ngx_http_jupref_share_is_short(verify->zone->conf->rpc_zone,
                                        look->trade.partner_bps, &share))
    {
        return 0;
    }

    if (!look->held->told) {
        look->held->told = 1;
        len = jupref_signature_format(text, &look->trade.signature);

        ngx_log_error(NGX_LOG_ERR, verify->log, 0,
                      "jupref: trade %*s is not verified yet: the referral "
                      "account's share is %ui bps, its terms count on %ui; "
                      "it is tried again", len, text, share,
                      (ngx_uint_t) look->trade.partner_bps);
    }

    return 1;
}


/* One that was unknown binds its wallet, as its execute would have. */

static jupref_ledger_result_e
ngx_http_jupref_judge_append(ngx_http_jupref_look_t *look,
    jupref_event_t *event)
{
    jupref_event_t             bound;
    jupref_ledger_result_e     result;
    ngx_http_jupref_zone_t    *zone;
    ngx_http_jupref_verify_t  *verify;

    verify = look->verify;
    zone = verify->zone;

    ngx_http_jupref_lock(zone);

    result = ngx_http_jupref_append(zone, event);

    if (result == JUPREF_LEDGER_OK
        && event->type == JUPREF_EVENT_TRADE_VERIFIED
        && jupref_binding_due(ngx_http_jupref_ledger(zone),
                              &look->trade.signature, verify->conf->mode,
                              &bound))
    {
        (void) ngx_http_jupref_append(zone, &bound);
    }

    ngx_http_jupref_unlock(zone);

    if (result == JUPREF_LEDGER_OK) {
        verify->booked++;
    }

    return result;
}


static void
ngx_http_jupref_judge_told(ngx_http_jupref_look_t *look,
    jupref_finding_t *finding, jupref_event_t *event)
{
    uint8_t                    text[JUPREF_SIGNATURE_TEXT];
    size_t                     len;
    ngx_http_jupref_verify_t  *verify;

    verify = look->verify;

    (void) ngx_atomic_fetch_add(
               &verify->proof->rulings[finding->verdict][finding->reason], 1);

    if (finding->verdict == JUPREF_VERDICT_VERIFIED
        && event->time_ms >= look->trade.time_ms)
    {
        ngx_http_jupref_proof_took(verify->proof,
                                   event->time_ms - look->trade.time_ms);
    }

    if (finding->verdict == JUPREF_VERDICT_VERIFIED
        || finding->verdict == JUPREF_VERDICT_EXPIRED)
    {
        return;
    }

    len = jupref_signature_format(text, &look->trade.signature);

    ngx_log_error(NGX_LOG_NOTICE, verify->log, 0,
                  "jupref: trade %*s is %s, %s: %s", len, text,
                  jupref_verdict_name(finding->verdict),
                  jupref_reason_name(finding->reason),
                  jupref_reason_text(finding->reason));
}


/* Once a trade: it is tried again as long as it awaits its proof. */

static void
ngx_http_jupref_judge_refused(ngx_http_jupref_look_t *look,
    jupref_event_t *event, jupref_ledger_result_e result)
{
    uint8_t                    text[JUPREF_SIGNATURE_TEXT];
    size_t                     len;
    ngx_http_jupref_verify_t  *verify;

    verify = look->verify;

    (void) ngx_atomic_fetch_add(&verify->proof->refused, 1);

    if (look->held->told) {
        return;
    }

    look->held->told = 1;
    len = jupref_signature_format(text, &look->trade.signature);

    ngx_log_error(NGX_LOG_ERR, verify->log, 0,
                  "jupref: %s of trade %*s refused, %s: %s; it is tried again",
                  jupref_event_name(event->type), len, text,
                  jupref_ledger_result_name(result),
                  jupref_ledger_result_text(result));
}
