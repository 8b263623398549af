# jupref_keyring: what the file must be, what its lines must be, and that its
# keys are used as promised: the first signs, all verify.

use Test::Nginx::Socket 'no_plan';
use Edge;

my $one = '11' x 32;
my $two = 'Ab' x 32;

Edge::file(RING_OF_TWO => "cookie new $one\ncookie old $two\n");
Edge::file(RING_ALL => "# keys of the edge\n\ncookie k1 $one\n"
                       . "  session\tk1 $two  \r\n\t\r\nseal k1 $one");
Edge::file(RING_CRLF => "# from Windows\r\ncookie k1 $one\r\n\r\n");
Edge::file(RING_GROUP => "cookie k1 $one\n", 0640);
Edge::file(RING_OTHERS => "cookie k1 $one\n", 0644);
Edge::file(RING_WRITERS => "cookie k1 $one\n", 0602);
Edge::file(RING_PURPOSE => "cookie k1 $one\ncookies k2 $two\n");
Edge::file(RING_CASE => "Cookie k1 $one\n");
Edge::file(RING_SHORT => "cookie k1 " . 'c0ffee' x 10 . "\n");
Edge::file(RING_LONG => "cookie k1 ${one}00\n");
Edge::file(RING_NO_HEX => "cookie k1 " . 'zz' x 32 . "\n");
Edge::file(RING_NO_KEY => "cookie k1\n");
Edge::file(RING_NO_ID => "cookie\n");
Edge::file(RING_FOUR_WORDS => "cookie k1 $one extra\n");
Edge::file(RING_DUPLICATE => "cookie k1 $one\nseal k1 $one\ncookie k1 $two\n");
Edge::file(RING_DOTTED => "cookie k.1 $one\n");
Edge::file(RING_LONG_ID => "cookie k2345678901234567 $one\n");
Edge::file(RING_MAX_ID => "cookie k234567890123456 $one\n");
Edge::file(RING_EMPTY => '');
Edge::file(RING_OTHER_PURPOSE => "session k1 $one\n");
Edge::file(RING_HUGE => '#' x 65_537);
Edge::file(RING_SECRET => "cookie k1 ${\('5ec2e7' x 10)}zzzz\n");

Edge::configure('', 'location = /t { return 200; }');

run_tests();

__DATA__

=== TEST 1: purposes, ids, comments, blank lines, any blanks, no last newline
--- http_config
    jupref_keyring $RING_ALL;
--- request
GET /t



=== TEST 2: lines may end in CRLF
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code SHOP referrer=$ALICE;
    jupref_keyring $RING_CRLF;
--- config
    location /r/ { jupref_link; }
--- exchange
> GET /r/SHOP
< 302
< Set-Cookie ~ __Host-jupref=v1\.k1\.SHOP\..*



=== TEST 3: the first key of a purpose signs
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code SHOP referrer=$ALICE;
    jupref_keyring $RING_OF_TWO;
--- config
    location /r/ { jupref_link; }
--- exchange
> GET /r/SHOP
< 302
< Set-Cookie ~ __Host-jupref=v1\.new\.SHOP\..*



=== TEST 4: an id of 16 characters is good
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_code SHOP referrer=$ALICE;
    jupref_keyring $RING_MAX_ID;
--- config
    location /r/ { jupref_link; }
--- exchange
> GET /r/SHOP
< 302
< Set-Cookie ~ __Host-jupref=v1\.k234567890123456\.SHOP\..*



=== TEST 5: a file that its group may read is good
--- http_config
    jupref_keyring $RING_GROUP;
--- request
GET /t



=== TEST 6: an empty file is good where no key is needed
--- http_config
    jupref_keyring $RING_EMPTY;
--- request
GET /t



=== TEST 7: a file that others may read is refused
--- http_config
    jupref_keyring $RING_OTHERS;
--- must_die
--- refused
"jupref_keyring" "$RING_OTHERS"
0600 or 0640



=== TEST 8: a file that others may write is refused
--- http_config
    jupref_keyring $RING_WRITERS;
--- must_die
--- refused
"jupref_keyring" "$RING_WRITERS"
0600 or 0640



=== TEST 9: a missing file is refused
--- http_config
    jupref_keyring $KEYRING.gone;
--- must_die
--- refused
"jupref_keyring" "$KEYRING.gone" can't be opened
No such file



=== TEST 10: a folder is refused
--- http_config
    jupref_keyring /;
--- must_die
--- refused
"jupref_keyring" "/" must be a plain file



=== TEST 11: a file of more than 64k is refused
--- http_config
    jupref_keyring $RING_HUGE;
--- must_die
--- refused
"jupref_keyring" "$RING_HUGE"
at most 64k



=== TEST 12: an unknown purpose is refused with its line
--- http_config
    jupref_keyring $RING_PURPOSE;
--- must_die
--- refused
unknown purpose "cookies" in line 2 of "jupref_keyring" "$RING_PURPOSE"
"cookie", "session" or "seal"



=== TEST 13: a purpose in capitals is refused
--- http_config
    jupref_keyring $RING_CASE;
--- must_die
--- refused
unknown purpose "Cookie" in line 1 of "jupref_keyring"



=== TEST 14: a short key is refused
--- http_config
    jupref_keyring $RING_SHORT;
--- must_die
--- refused
invalid key "k1" in line 1 of "jupref_keyring" "$RING_SHORT"
64 hex digits



=== TEST 15: a long key is refused
--- http_config
    jupref_keyring $RING_LONG;
--- must_die
--- refused
invalid key "k1" in line 1 of "jupref_keyring" "$RING_LONG"
64 hex digits



=== TEST 16: a key that isn't hex is refused
--- http_config
    jupref_keyring $RING_NO_HEX;
--- must_die
--- refused
invalid key "k1" in line 1 of "jupref_keyring" "$RING_NO_HEX"
64 hex digits



=== TEST 17: a line without a key is refused
--- http_config
    jupref_keyring $RING_NO_KEY;
--- must_die
--- refused
invalid key "k1" in line 1 of "jupref_keyring" "$RING_NO_KEY"
"<purpose> <key id> <64 hex digits>"



=== TEST 18: a line without an id is refused
--- http_config
    jupref_keyring $RING_NO_ID;
--- must_die
--- refused
invalid key id "" in line 1 of "jupref_keyring" "$RING_NO_ID"
1 to 16



=== TEST 19: a fourth word is refused
--- http_config
    jupref_keyring $RING_FOUR_WORDS;
--- must_die
--- refused
invalid key "k1" in line 1 of "jupref_keyring" "$RING_FOUR_WORDS"
"<purpose> <key id> <64 hex digits>"



=== TEST 20: an id twice in one purpose is refused; in two purposes it is good
--- http_config
    jupref_keyring $RING_DUPLICATE;
--- must_die
--- refused
duplicate key id "k1" in line 3 of "jupref_keyring" "$RING_DUPLICATE"



=== TEST 21: an id with a dot is refused, as the cookie parts by dots
--- http_config
    jupref_keyring $RING_DOTTED;
--- must_die
--- refused
invalid key id "k.1" in line 1 of "jupref_keyring" "$RING_DOTTED"
letters, digits



=== TEST 22: an id of 17 characters is refused
--- http_config
    jupref_keyring $RING_LONG_ID;
--- must_die
--- refused
invalid key id "k2345678901234567" in line 1 of "jupref_keyring"
1 to 16



=== TEST 23: a refused key is never shown
--- http_config
    jupref_keyring $RING_SECRET;
--- must_die
--- error_log
invalid key "k1" in line 1
--- no_error_log
5ec2e7
--- suppress_stderr



=== TEST 24: a second keyring is refused
--- http_config
    jupref_keyring $KEYRING;
    jupref_keyring $KEYRING;
--- must_die
--- refused
"jupref_keyring" directive is duplicate



=== TEST 25: a keyring without its file is refused
--- http_config
    jupref_keyring;
--- must_die
--- refused
invalid number of arguments in "jupref_keyring"



=== TEST 26: a keyring in a server is refused
--- config
    jupref_keyring $KEYRING;
--- must_die
--- refused
"jupref_keyring" directive is not allowed here



=== TEST 27: a link needs a key of purpose cookie
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
    jupref_keyring $RING_OTHER_PURPOSE;
--- config
    location /r/ { jupref_link; }
--- must_die
--- refused
"jupref_link" in location "/r/" needs "jupref_keyring"
"cookie"



=== TEST 28: a link needs a keyring
--- http_config
    jupref_zone main 8m;
    jupref_tier default fee=100;
--- config
    location /r/ { jupref_link; }
--- must_die
--- refused
"jupref_link" in location "/r/" needs "jupref_keyring"
"cookie"
