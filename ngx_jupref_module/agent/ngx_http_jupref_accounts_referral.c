/*
 * The referral accounts, and the program that pays them out.
 *
 * The program's admin can change the share at any time, and its upgrade
 * authority the program itself: both decide what an operator gets, so both are
 * watched.
 */

#include "agent/ngx_http_jupref_accounts_parts.h"

#include "solana/jupref_address.h"


static void ngx_http_jupref_referrals_told(ngx_http_jupref_ask_t *ask);
static ngx_uint_t ngx_http_jupref_referral_state(ngx_http_jupref_tour_t *tour,
    jupref_rpc_account_t *account, jupref_referral_account_t *referral);
static void ngx_http_jupref_program_told(ngx_http_jupref_ask_t *ask);
static void ngx_http_jupref_program_changed(ngx_http_jupref_tour_t *tour,
    jupref_program_data_t *was, jupref_program_data_t *is);


ngx_int_t
ngx_http_jupref_step_referrals(ngx_http_jupref_tour_t *tour)
{
    ngx_uint_t              i;
    ngx_http_jupref_ask_t  *ask;

    if (tour->at || tour->referral_count == 0) {
        return NGX_DECLINED;
    }

    ask = ngx_http_jupref_tour_ask(tour, "getMultipleAccounts",
                                   (tour->referral_count + 2)
                                   * NGX_HTTP_JUPREF_ASK_KEY);
    if (ask == NULL) {
        return NGX_ERROR;
    }

    jupref_json_array(&ask->json, NULL);

    for (i = 0; i < tour->referral_count; i++) {
        ngx_http_jupref_ask_pubkey(ask, &tour->referrals[i]);
    }

    jupref_json_array_end(&ask->json);

    ngx_http_jupref_ask_finalized(ask);
    jupref_json_cstring(&ask->json, "encoding", "base64");
    jupref_json_object_end(&ask->json);

    return ngx_http_jupref_tour_begin(tour, ask,
                                      ngx_http_jupref_referrals_told);
}


static void
ngx_http_jupref_referrals_told(ngx_http_jupref_ask_t *ask)
{
    uint64_t                          slot;
    ngx_uint_t                        i;
    jupref_referral_account_t         account;
    ngx_http_jupref_tour_t           *tour;
    ngx_http_jupref_referral_seen_t  *seen;

    tour = ngx_http_jupref_tour_came(ask, NGX_HTTP_JUPREF_CALL_ACCOUNTS);

    if (ask->result == NULL
        || jupref_rpc_accounts_read(&ask->tree, ask->result, tour->accounts,
                                    (unsigned) tour->referral_count,
                                    tour->room, sizeof(tour->room), &slot)
           != JUPREF_CHAIN_OK)
    {
        ngx_http_jupref_tour_fail(tour);
        return;
    }

    for (i = 0; i < tour->referral_count; i++) {
        seen = &tour->seen->referrals[i];

        ngx_memzero(&account, sizeof(jupref_referral_account_t));

        ngx_http_jupref_rpc_lock(tour->rpc_zone);

        seen->state = ngx_http_jupref_referral_state(tour, &tour->accounts[i],
                                                     &account);
        seen->account = account;
        seen->slot = slot;

        ngx_http_jupref_rpc_unlock(tour->rpc_zone);
    }

    tour->at = tour->referral_count;
    ngx_http_jupref_tour_on(tour);
}


static ngx_uint_t
ngx_http_jupref_referral_state(ngx_http_jupref_tour_t *tour,
    jupref_rpc_account_t *account, jupref_referral_account_t *referral)
{
    ngx_uint_t  i;

    if (!account->found) {
        return NGX_HTTP_JUPREF_REFERRAL_NOT_THERE;
    }

    switch (jupref_referral_account_read(referral, &account->owner,
                                         account->data))
    {
    case JUPREF_REFERRAL_OK:
        break;

    case JUPREF_REFERRAL_OTHER_PROGRAM:
    case JUPREF_REFERRAL_OTHER_ACCOUNT:
        return NGX_HTTP_JUPREF_REFERRAL_NOT_ONE;

    default:
        return NGX_HTTP_JUPREF_REFERRAL_UNREADABLE;
    }

    if (!jupref_pubkey_equal(&referral->project, &jupref_ultra_project)) {
        return NGX_HTTP_JUPREF_REFERRAL_OTHER_PROJECT;
    }

    for (i = 0; i < tour->tier_count; i++) {
        if (tour->tiers[i].partner_bps != referral->share_bps) {
            return NGX_HTTP_JUPREF_REFERRAL_OTHER_SHARE;
        }
    }

    return NGX_HTTP_JUPREF_REFERRAL_GOOD;
}


/* Of the program's data only the head, where its last upgrade stands: behind
 * it are hundreds of kilobytes of code. */

ngx_int_t
ngx_http_jupref_step_program(ngx_http_jupref_tour_t *tour)
{
    jupref_pubkey_t         data;
    ngx_http_jupref_ask_t  *ask;

    if (tour->at) {
        return NGX_DECLINED;
    }

    if (!jupref_find_program_data(&data, &jupref_referral_program)) {
        return NGX_ERROR;
    }

    ask = ngx_http_jupref_tour_ask(tour, "getMultipleAccounts",
                                   3 * NGX_HTTP_JUPREF_ASK_KEY);
    if (ask == NULL) {
        return NGX_ERROR;
    }

    jupref_json_array(&ask->json, NULL);
    ngx_http_jupref_ask_pubkey(ask, &data);
    jupref_json_array_end(&ask->json);

    ngx_http_jupref_ask_finalized(ask);
    jupref_json_cstring(&ask->json, "encoding", "base64");
    jupref_json_object(&ask->json, "dataSlice");
    jupref_json_number(&ask->json, "offset", 0);
    jupref_json_number(&ask->json, "length", JUPREF_PROGRAM_DATA_HEAD);
    jupref_json_object_end(&ask->json);
    jupref_json_object_end(&ask->json);

    return ngx_http_jupref_tour_begin(tour, ask, ngx_http_jupref_program_told);
}


/* A cluster without the program has nothing to be watched. */

static void
ngx_http_jupref_program_told(ngx_http_jupref_ask_t *ask)
{
    uint64_t                 slot;
    ngx_http_jupref_tour_t  *tour;
    jupref_program_data_t    is, was;

    tour = ngx_http_jupref_tour_came(ask, NGX_HTTP_JUPREF_CALL_ACCOUNTS);

    if (ask->result == NULL
        || jupref_rpc_accounts_read(&ask->tree, ask->result, tour->accounts, 1,
                                    tour->room, sizeof(tour->room), &slot)
           != JUPREF_CHAIN_OK)
    {
        ngx_http_jupref_tour_fail(tour);
        return;
    }

    tour->at = 1;

    if (tour->accounts[0].found
        && jupref_loader_data_read(&is, &tour->accounts[0].owner,
                                   tour->accounts[0].data))
    {
        ngx_http_jupref_rpc_lock(tour->rpc_zone);

        was = tour->seen->program;
        tour->seen->program = is;

        ngx_http_jupref_rpc_unlock(tour->rpc_zone);

        if (was.slot && (was.slot != is.slot
                         || !jupref_pubkey_equal(&was.authority,
                                                 &is.authority)))
        {
            ngx_http_jupref_program_changed(tour, &was, &is);
        }
    }

    ngx_http_jupref_tour_on(tour);
}


/* Stays raised until somebody who has looked at the change clears it. */

static void
ngx_http_jupref_program_changed(ngx_http_jupref_tour_t *tour,
    jupref_program_data_t *was, jupref_program_data_t *is)
{
    u_char       text[JUPREF_REASON_MAX];
    ngx_str_t    detail;
    const char  *what;

    ngx_http_jupref_rpc_lock(tour->rpc_zone);
    tour->seen->program_changes++;
    ngx_http_jupref_rpc_unlock(tour->rpc_zone);

    what = (was->slot == is->slot) ? "another authority" : "upgraded";

    detail.data = text;
    detail.len = (size_t) (ngx_snprintf(text, sizeof(text), "%s, slot %uL",
                                        what, is->slot)
                           - text);

    ngx_http_jupref_incident(tour->zone, JUPREF_INCIDENT_PROGRAM_UPGRADED, 1,
                             &detail, tour->log);
}
