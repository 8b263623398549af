# An nginx of the test's own, with a master and workers: for what blocks can't
# tell, reloads and killed workers.
#
#     my $nginx = OwnNginx->start(terms => …);        parts as in TradingEdge
#     $nginx->reload(terms => …);                     and waits until it's done
#     $nginx->refuses(zone => …);                     its complaint
#
# What its log says of trouble is judged at the end: [alert], [emerg] and a
# process that died count as failures unless a test expected them.

package OwnNginx;

use strict;
use warnings;

use File::Path qw(remove_tree);
use Test::More ();
use Time::HiRes qw(sleep time);
use Talk ();
use TradingEdge;


sub start {
    my ($class, %parts) = @_;
    my $folder = "$ENV{TEST_NGINX_FOLDER}/own.$$";

    mkdir $folder or die "$folder: $!";
    mkdir "$folder/logs" or die "$folder/logs: $!";

    my $self = bless { folder => $folder, owner => $$, generation => 0, expected => [],
                       zone => TradingEdge::zone_line() }, $class;

    StubJupiter::start();
    $self->configure(%parts);
    $self->run() == 0 or die "nginx doesn't start:\n" . $self->log;

    return $self;
}


sub run {
    my ($self) = @_;
    my $folder = $self->{folder};
    my $valgrind = $ENV{TEST_NGINX_USE_VALGRIND} ? 'valgrind -q ' : '';

    local $ENV{LD_PRELOAD} = join ' ', grep { length }
        $ENV{LD_PRELOAD} // '', $ENV{JUPREF_PRELOAD} // ''
        if $ENV{JUPREF_PRELOAD};

    return system "$valgrind$ENV{TEST_NGINX_BINARY} -p $folder/"
                  . " -e logs/error.log -c nginx.conf > /dev/null 2>&1";
}


sub configure {
    my ($self, %parts) = @_;
    my $modules = join "\n", map { "load_module $_;" }
                                 split ' ', $ENV{TEST_NGINX_LOAD_MODULES};
    my $paths = join "\n", map { "${_}_temp_path temp_$_;" }
                               qw(client_body proxy fastcgi scgi uwsgi);
    my $http = TradingEdge::http_config(zone => $self->{zone}, %parts);
    my $server = TradingEdge::server_config(%parts);
    my $generation = ++$self->{generation};

    $http = '' if exists $parts{nothing};
    $server = '' if exists $parts{nothing};

    open my $out, '>', "$self->{folder}/nginx.conf" or die "nginx.conf: $!";
    print $out <<"EOT";
$modules
user root;
worker_processes 2;
pid nginx.pid;
error_log logs/error.log info;
env ASAN_OPTIONS;

events { worker_connections 256; }

http {
    access_log off;
    $paths
    $http
    server {
        listen 127.0.0.1:@{[ TradingEdge::port() ]} reuseport;
        location = /generation { return 200 $generation; }
        $server
    }
}
EOT
    close $out or die "nginx.conf: $!";
}


# Ends it, by TERM, QUIT or KILL (then its workers too), and starts it again.

sub restart {
    my ($self, $signal, %parts) = @_;
    my $pid = $self->pid;
    my @workers = $self->workers;

    kill STOP => $pid if $signal eq 'KILL';
    kill $signal => $pid, $signal eq 'KILL' ? @workers : ();
    $self->wait_for('its end', sub { !kill 0 => $pid, @workers });
    unlink "$self->{folder}/nginx.pid";

    $self->configure(%parts);
    $self->run() == 0 or die "nginx doesn't start again:\n" . $self->log;
}


sub pid {
    my ($self) = @_;

    open my $in, '<', "$self->{folder}/nginx.pid" or return;
    my $pid = <$in> // return;
    chomp $pid;

    return $pid;
}


sub workers {
    my ($self) = @_;
    my $pid = $self->pid;

    open my $in, '<', "/proc/$pid/task/$pid/children" or return;
    return split ' ', <$in> // '';
}


sub log {
    my ($self) = @_;

    open my $in, '<', "$self->{folder}/logs/error.log" or return '';
    local $/;
    return <$in> // '';
}


# Only the workers of the new configuration are there afterwards.

sub reload {
    my ($self, %parts) = @_;
    my %before = map { $_ => 1 } $self->workers;

    $self->configure(%parts);
    kill HUP => $self->pid;

    $self->wait_for('the reload', sub {
        my @now = $self->workers;
        @now == 2 && !grep({ $before{$_} } @now)
            && get('/generation')->{body} == $self->{generation};
    });
}


# Reloads what must be refused; the running configuration goes on.

sub refuses {
    my ($self, %parts) = @_;
    my $seen = length $self->log;
    my $running = get('/generation')->{body};
    my $complaint;

    $self->configure(%parts);
    kill HUP => $self->pid;

    $self->wait_for('a complaint', sub {
        ($complaint) = substr($self->log, $seen) =~ /^\S+ \S+ \[emerg\] \S+ (.*)$/m;
    });

    push @{ $self->{expected} }, qr/\Q$complaint\E/;
    sleep 0.1;
    Test::More::is(get('/generation')->{body}, $running,
                   'the running configuration goes on');

    return $complaint;
}


sub wait_for {
    my ($self, $what, $done, $more) = @_;
    my $until = time + Talk::patience() + ($more // 0);

    until ($done->()) {
        die "$what doesn't come:\n" . substr $self->log, -2000
            if time > $until;
        sleep 0.02;
    }
}


sub expect {
    my ($self, $pattern) = @_;

    push @{ $self->{expected} }, $pattern;
}


sub stop {
    my ($self) = @_;
    my $pid = $self->pid // return;

    kill QUIT => $pid;
    $self->wait_for('its end', sub { !kill 0 => $pid });
    StubJupiter::close_down();

    my $log = $self->log;
    my @trouble = grep {
        my $line = $_;
        !grep { $line =~ $_ } @{ $self->{expected} };
    } $log =~ /^(\S+ \S+ \[(?:alert|emerg)\] .*)$/mg;

    Test::More::is_deeply(\@trouble, [], 'nothing unexpected in the error log');
    Test::More::like($log, qr/\[notice\] $pid#$pid: exit$/m,
                     'the master ended by itself');

    remove_tree($self->{folder}) if Test::More->builder->is_passing;
}


sub DESTROY {
    my ($self) = @_;

    return if $self->{owner} != $$;     # a test's child that died

    my $pid = $self->pid;

    local $?;
    return if !$pid || !kill 0 => $pid;

    # stopped, it starts no worker while the others are counted

    kill STOP => $pid;
    kill KILL => $self->workers, $pid;
}


1;
