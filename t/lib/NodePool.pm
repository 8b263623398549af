# An nginx of the test's own before stub nodes: what is asked of it, and what
# it tells of them.
#
#     my $edge = NodePool->start(nodes => [qw(a b c)], options => 'max_lag=2s');
#     ask()                       one getBalance: { node => 'a', status => 200 }
#     $edge->spread(20)           { a => 11, b => 9 }
#     $edge->until_out('b', 'behind'); $edge->until_healthy('b');
#     $edge->told('b')            the node as GET /v1/admin/pools shows it
#
# `servers` may give parameters: servers => { b => 'backup' }.

package NodePool;

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();
use OwnNginx;
use StubNode;
use Time::HiRes qw(sleep time);
use TradingEdge;

our @EXPORT = qw(call);

my $id = 0;


sub start {
    my ($class, %parts) = @_;
    my $self = bless { parts => \%parts, node => {} }, $class;

    for my $name (@{ $parts{nodes} }) {
        $self->{node}{$name} = StubNode->start($name, unix => $parts{unix});
        $self->{node}{$name}->set(%{ $parts{set}{$name} })
            if $parts{set}{$name};
    }

    $self->{nginx} = OwnNginx->start($self->config);

    return $self;
}


sub config {
    my ($self, %change) = @_;
    my %parts = (%{ $self->{parts} }, %change);
    my $servers = join "\n", map {
        'server ' . $self->{node}{$_}->address . ' '
        . ($parts{servers}{$_} // '') . ';' } @{ $parts{nodes} };

    $self->{parts} = \%parts;

    # what nodes are asked is counted: nobody else asks them

    return (http => <<"EOT", server => <<"EOT");
jupref_verify off;
@{[ $parts{http} // '' ]}
upstream solana {
    jupref_freshest @{[ $parts{options} // '' ]};
    $servers
    @{[ $parts{upstream} // '' ]}
}
EOT
location = /rpc {
    proxy_pass http://solana/;
    proxy_connect_timeout 1s;
    add_header X-Tried \$upstream_addr always;
    @{[ $parts{location} // '' ]}
}
EOT
}


sub node { return $_[0]{node}{ $_[1] } }


sub reload {
    my ($self, %change) = @_;

    for my $name (@{ $change{nodes} // [] }) {
        $self->{node}{$name} //= StubNode->start($name);
    }

    $self->{nginx}->reload($self->config(%change));
}


# One call of a client.

sub call {
    my ($method, $params) = @_;
    my $answer = post('/rpc', JSON::PP->new->encode({
        jsonrpc => '2.0', id => ++$id, method => $method // 'getBalance',
        params => $params // ['11111111111111111111111111111111'] }),
        'Content-Type: application/json');

    return { node => $answer->{header}{'x-node'}, status => $answer->{status},
             tried => $answer->{header}{'x-tried'}, body => $answer->{body} };
}


sub spread {
    my ($self, $count) = @_;
    my %by;

    for (1 .. $count) {
        my $answer = call();
        $by{ $answer->{node} // $answer->{status} }++;
    }

    return \%by;
}


sub pools {
    return api('/v1/admin/pools', 'Authorization: Bearer ' . $TradingEdge::ADMIN);
}


sub pool { return pools()->{data}[0] }


sub told {
    my ($self, $name) = @_;
    my $address = $self->node($name)->address;
    my ($node) = grep { $_->{node} eq $address } @{ pool()->{nodes} };

    return $node;
}


sub until_out {
    my ($self, $name, $reason) = @_;

    $self->{nginx}->wait_for("\"$reason\" of node $name", sub {
        grep { $_ eq $reason } @{ $self->told($name)->{reasons} } });
}


sub until_healthy {
    my ($self, @names) = @_;

    for my $name (@names) {
        $self->{nginx}->wait_for("node $name to be healthy", sub {
            my $told = $self->told($name);
            $told->{state} eq 'healthy' && $told->{slots}{processed}
                && defined $told->{blockHeight} });
    }
}


# Where nodes should be by now is known once the length of slots is; ten
# seconds of them are measured at a time, and one that a busy machine spoiled
# has gone from the mean after some.

sub until_measured {
    my ($self) = @_;

    $self->{nginx}->wait_for('the slot time', sub {
        abs(pool()->{slotTimeUs} / 1000 - $StubNode::SLOT_MS) < 15 }, 50);
}


# Once: what was logged before doesn't count again.

sub until_logged {
    my ($self, $pattern) = @_;
    my $nginx = $self->{nginx};

    $nginx->wait_for("$pattern in the log", sub {
        substr($nginx->log, $self->{read} // 0) =~ $pattern });
    $self->{read} = length $nginx->log;
}


sub log { return $_[0]{nginx}->log }


sub stop {
    my ($self) = @_;

    $self->{nginx}->stop;
    StubNode::stop_all();
}


1;
