# A journal that is longer than the table of trades, for an nginx of the test's
# own: as many settled trades as the table of an 8m zone holds, and so many
# that were archived before them.
#
#     my $nginx = OwnNginx->start($empty);            to know how many that are
#     my $history = LongHistory->new(archived => 260);
#     $nginx->restart('QUIT', $history->zone);
#     $history->listed('amy');            [seq, archivedSeq], newest first
#
# Codes are amy's, bob's and none in turn.

package LongHistory;

use strict;
use warnings;

use TradingEdge;


sub new {
    my ($class, %given) = @_;
    my $self = bless { folder => "$ENV{TEST_NGINX_FOLDER}/history.$$" }, $class;
    my $kept = api('/v1/platform')->{capacities}{trades}{capacity};

    system('flock', 'build/tool.lock', 'make', '-s', '-f', 't/tools/tool.mk',
           'build/write_history') == 0 or die 'write_history cannot be built';

    mkdir $self->{folder}, 0700 or die "$self->{folder}: $!";

    open my $told, '-|', 'build/write_history', $self->{folder}, 'c3' x 32,
         $kept, $given{archived}, wallet('amy'), wallet('bob')
        or die "write_history: $!";
    $self->{trades} = [ map { [ split ] } <$told> ];
    close $told or die 'write_history failed';

    return $self;
}


sub zone {
    my ($self) = @_;

    return (zone => "jupref_zone main 8m state=$self->{folder};"
                    . ' jupref_commit_timeout 5s;');
}


# As lists have to show it: those in the table by seq, then those archived by
# when they were.

sub listed {
    my ($self, $code) = @_;
    my @trades = grep { !defined $code || $_->[2] eq $code }
                      @{ $self->{trades} };

    return [ map { [ @$_[0, 1] ] }
             (sort { $b->[0] <=> $a->[0] } grep { !$_->[1] } @trades),
             (sort { $b->[1] <=> $a->[1] } grep { $_->[1] } @trades) ];
}


# Takes segments up to the one that has this event away, or back.

sub hide_segments {
    my ($self, $seq) = @_;
    my @segments = sort glob "$self->{folder}/journal/*.segment";

    mkdir "$self->{folder}/away";

    for my $i (0 .. $#segments - 1) {
        my ($next) = $segments[$i + 1] =~ /(\d+)\.segment$/;
        my ($first) = $segments[$i] =~ /(\d+)\.segment$/;

        last if $first > $seq;
        rename $segments[$i], "$self->{folder}/away/$first.segment"
            or die "$segments[$i]: $!";
    }
}


sub show_segments {
    my ($self) = @_;

    for my $segment (glob "$self->{folder}/away/*.segment") {
        my ($name) = $segment =~ m{([^/]+)$};
        rename $segment, "$self->{folder}/journal/$name"
            or die "$segment: $!";
    }

    rmdir "$self->{folder}/away";
}


1;
