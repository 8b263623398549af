# Judges every block's error log, to its last line.
#
# Test::Nginx looks at a log while the block runs, at the lines the block names,
# and deletes the log when the next block starts.  An [alert] nobody thought of,
# or one written while nginx shuts down, passes unseen; so does an nginx that
# dies on its way out.  This module hard-links each block's error.log into
# JUPREF_LOGS before it is deleted, and once the last nginx of the file is gone
# makes the test program fail if
#
#   - a line is [alert] or [emerg] and the block did not expect it: its
#     error_log or shutdown_error_log names it, or it is a must_die block, where
#     [emerg] is the point;
#   - an nginx that came up never wrote "exit": it crashed, or hung and was
#     killed.
#
# Loaded before the test file (perl -It/lib -MBlockLogs t/x.t), so that test
# files need to know nothing of it.  Perl runs END blocks in reverse order: the
# one above "use Test::Nginx" is the last of all.

package BlockLogs;

use strict;
use warnings;

use Cwd ();

our @kept;
our $block;
our $status = 0;


END {
    my $complaints = 0;

    for my $entry (@kept) {
        $complaints += complain_about($entry);
    }

    $? ||= $status || ($complaints ? 1 : 0);
}


# Test::Nginx puts its server roots below the current folder's t/

BEGIN {
    our $home = Cwd::getcwd();
    chdir $ENV{JUPREF_SUITE} or die "JUPREF_SUITE: $!";
}

use Test::Nginx::Util ();

BEGIN {
    chdir $BlockLogs::home or die "$BlockLogs::home: $!";
}


# Test::Nginx cleans up with system(), which sets $?: a file that died half-way
# would end as if all were well.

END {
    $status = $?;
    keep();
}


my $sanitizer_options = $ENV{ASAN_OPTIONS};

Test::Nginx::Util::add_block_preprocessor(sub {
    keep();
    $block = shift;

    # a configuration that is refused leaks its pool, as nginx means it to

    if (defined $sanitizer_options) {
        $ENV{ORI_ASAN_OPTIONS} = $sanitizer_options
            . (defined $block->must_die ? ",detect_leaks=0" : "");
    }
});


sub keep {
    return if !defined $block || !-f $Test::Nginx::Util::ErrLogFile;

    my ($file) = $0 =~ m{([^/]+)\.t$};
    my $copy = sprintf '%s/%s-%03d.log', $ENV{JUPREF_LOGS}, $file // 'block',
                       scalar @kept;

    unlink $copy;
    link $Test::Nginx::Util::ErrLogFile, $copy or die "cannot keep $copy: $!";

    push @kept, {
        log      => $copy,
        name     => $block->name,
        must_die => defined $block->must_die,
        expected => [ map { patterns($_) } $block->error_log,
                                           $block->shutdown_error_log ],
    };

    undef $block;
}


sub patterns {
    my ($section) = @_;

    return () if !defined $section;
    return map { ref $_ eq 'Regexp' ? $_ : patterns($_) } @$section
        if ref $section eq 'ARRAY';
    return $section if ref $section;
    return map { qr/\Q$_\E/ } grep { length } split /\n/, $section;
}


sub complain_about {
    my ($entry) = @_;
    my ($complaints, $came_up, $exited) = (0, 0, 0);

    open my $log, '<', $entry->{log} or die "$entry->{log}: $!";

    while (my $line = <$log>) {
        $came_up = 1 if $line =~ /\[notice\] .* using the ".*" event method/;
        $exited = 1 if $line =~ /\[notice\] \d+#\d+: exit$/;

        next if $line !~ /^\S+ \S+ \[(alert|emerg)\] / || expects($entry, $1,
                                                                  $line);
        chomp $line;
        print STDERR "# $entry->{name}: unexpected: $line\n";
        $complaints++;
    }

    close $log;

    if ($came_up && !$exited) {
        print STDERR "# $entry->{name}: nginx did not exit by itself,"
                     . " see $entry->{log}\n";
        $complaints++;
    }

    return $complaints;
}


sub expects {
    my ($entry, $level, $line) = @_;

    return 1 if $level eq 'emerg' && $entry->{must_die};

    # somebody else's port: nginx tries again, and so does Test::Nginx

    return 1 if $line =~ /bind\(\) to \S+ failed \(98: /;

    return scalar grep { $line =~ $_ } @{ $entry->{expected} };
}


1;
