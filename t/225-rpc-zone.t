# A zone full of kept answers has room for what a reload adds.

use strict;
use warnings;

use Test::More;
use Test::Nginx::Util ();
use TradingEdge;
use OwnNginx;
use ScriptedNodes;

my $text = '"' . 'y' x 2100 . '"';

ScriptedNodes::start({
    a => { chain => {}, getTransaction => sub {
        my $one = qq({"slot":1,"x":$text});
        (result($_[0], $one), 'stay') } },
});

my $socket = ScriptedNodes::socket_of('a');


sub upstream {
    return join "\n", map {
        "upstream $_ { jupref_freshest; server unix:$socket; keepalive 8; }" } @_;
}


sub parts {
    return (http => "jupref_verify off;\njupref_rpc_zone 2m;\n" . upstream(@_),
            server => <<'EOT');
location = /rpc {
    jupref_rpc;
    proxy_pass http://nodes;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}
EOT
}

my $nginx = OwnNginx->start(parts('nodes'));

for my $turn (1 .. 12) {
    my $answer = post('/rpc', '[' . join(',', map {
        qq({"jsonrpc":"2.0","id":$_,"method":"getTransaction",)
        . qq("params":["s${turn}x$_"]}) } 1 .. 100) . ']',
        'Content-Type: application/json');

    is($answer->{status}, 200, "turn $turn");
}

$nginx->reload(parts('nodes', map { "more$_" } 1 .. 8));
unlike($nginx->log, qr/no room for upstream/, 'there is room for upstreams');
is(post('/rpc', '{"jsonrpc":"2.0","id":1,"method":"getTransaction",'
                . '"params":["new"]}',
        'Content-Type: application/json')->{status}, 200, 'and for calls');

$nginx->stop;
ScriptedNodes::close_down();
done_testing();
